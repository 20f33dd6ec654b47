"""Which of the configs that OpenMMLab's libraries ship can be prompted, and by which methods: vpt-mm coverage."""
from __future__ import annotations

import importlib.metadata
from collections import Counter, defaultdict
from typing import NamedTuple

from rich.progress import track

from ..tuning.registry import TUNING_METHODS
from .fits import PLAIN, Fits, fits
from .places import class_of
from .shipped import LIBRARIES, Shipped, read_shipped, shipped_names

DISTRIBUTIONS = dict(mmpretrain='mmpretrain', mmseg='mmsegmentation', mmdet='mmdet')


class Counted(NamedTuple):
    """A config and what its backbone takes; of several backbones, that which takes most.

    Attributes:
        config: the :class:`Shipped` config.
        path: of the backbone in the model.
        kind: name of its class, with the library that it is from where that is another one.
        fits: the :class:`Fits`.
    """

    config: Shipped
    path: str
    kind: str
    fits: Fits


class Row(NamedTuple):
    """The configs of one library with one class of backbones.

    Attributes:
        library: 'mmseg'.
        kind: name of the class.
        configs: number of them.
        prompted: number of those that some method beyond ``LinearProbe`` fits.
        methods: {name: number of configs that it fits}.
    """

    library: str
    kind: str
    configs: int
    prompted: int
    methods: Counter[str]


class Coverage:
    """What was counted.

    Args:
        configs: all :class:`Shipped` configs.

    Attributes:
        counted: those with an image backbone.
        bare: those without one, such as settings of data and trackers.
        unreadable: those that mmengine can't read.
    """

    def __init__(self, configs: list[Shipped]) -> None:
        self.unreadable = [config for config in configs if config.trouble]
        self.bare = [config for config in configs if not config.backbones and not config.trouble]
        self.counted = [count_one(config) for config in track(configs, 'building backbones')
                        if config.backbones]

    @property
    def rows(self) -> list[Row]:
        """By library, the most frequent class first."""
        groups = defaultdict(list)
        for one in self.counted:
            groups[one.config.library, one.kind].append(one)
        rows = [Row(library, kind, len(ones), sum(bool(one.fits.methods) for one in ones),
                    Counter(name for one in ones for name in one.fits.methods))
                for (library, kind), ones in groups.items()]
        return sorted(rows, key=lambda row: (LIBRARIES.index(row.library), -row.configs, row.kind))

    @property
    def refused(self) -> dict[str, list[Counted]]:
        """{reason: configs} of those that no method fits, but for want of compiled operators."""
        return self._without_methods(compiled=False)

    @property
    def compiled(self) -> dict[str, list[Counted]]:
        """{reason: configs} of those whose backbones need operators that mmcv-lite does not have."""
        return self._without_methods(compiled=True)

    def share(self, library: str) -> tuple[int, int]:
        """Number of a library's configs that can be prompted, and of those with an image backbone."""
        ones = [one for one in self.counted if one.config.library == library]
        return sum(bool(one.fits.methods) for one in ones), len(ones)

    def _without_methods(self, *, compiled: bool) -> dict[str, list[Counted]]:
        found = defaultdict(list)
        for one in self.counted:
            if not one.fits.methods and one.fits.compiled == compiled:
                found[one.fits.reason].append(one)
        return dict(found)


def count_shipped(libraries=LIBRARIES) -> Coverage:
    """The :class:`Coverage` of all configs that these libraries ship; nothing is downloaded.

    Raises:
        UsageError: a library that is not installed, or came without its configs.
    """
    names = [(library, name) for library in libraries for name in shipped_names(library)]
    return Coverage([read_shipped(*one) for one in track(names, 'reading configs')])


def count_one(config: Shipped) -> Counted:
    """The :class:`Counted` config of one that has backbones."""
    found = {path: fits(backbone, scope=config.scope) for path, backbone in config.backbones.items()}
    path = max(found, key=lambda path: len(found[path].methods))
    return Counted(config, path, _name_of(config.backbones[path], config), found[path])


def _name_of(backbone, config):
    kind = class_of(backbone, scope=config.scope)
    if kind is None:
        return str(backbone['type'])
    home = kind.__module__.partition('.')[0]
    return kind.__name__ if home == config.library else f'{home}.{kind.__name__}'


def method_names() -> list[str]:
    """The methods that are counted."""
    return sorted(name for name, kind in TUNING_METHODS.module_dict.items()
                  if name != PLAIN and kind.__module__.startswith('vpt_mm.'))


def versions() -> dict[str, str]:
    """{distribution: version} of what was counted with."""
    found = {}
    for name in (*DISTRIBUTIONS.values(), 'mmengine', 'mmcv', 'mmcv-lite', 'timm', 'torch'):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
