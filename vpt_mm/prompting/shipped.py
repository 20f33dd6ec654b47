"""The configs that OpenMMLab's libraries ship, and the backbones in them."""
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from mmengine.config import Config

from ..errors import UsageError
from .places import find_backbones
from .trial import import_scope

LIBRARIES = ('mmpretrain', 'mmseg', 'mmdet')


class Shipped(NamedTuple):
    """A config of an installed package.

    Attributes:
        library: 'mmseg'.
        name: of its file below the configs of the library.
        scope: its default scope.
        backbones: configs of the backbones for images, by their paths in the model.
        trouble: why mmengine can't read it; empty if it can.
    """

    library: str
    name: str
    scope: str
    backbones: dict[str, dict[str, Any]]
    trouble: str = ''


def shipped_names(library):
    """Names of the configs of a library, such as 'pspnet/pspnet_r50-d8_4xb2-40k_cityscapes-512x1024.py'.

    Raises:
        UsageError: a library that is not there, or came without its configs.
    """
    root = _root(library)
    names = sorted(str(path.relative_to(root)) for path in root.rglob('*.py'))
    if not names:
        raise UsageError(f'{library} is not installed with its configs, which its wheel has: pip install '
                         f'--force-reinstall --no-deps {library}.')
    return [name for name in names if '_base_' not in Path(name).parts]


def read_shipped(library, name):
    """The :class:`Shipped` config of this name."""
    try:
        config = Config.fromfile(shipped_file(library, name), import_custom_modules=False)
    except Exception as error:  # a config is a program, which may raise anything
        return Shipped(library, name, library, {}, f'{type(error).__name__}: {" ".join(str(error).split())}')
    scope = config.get('default_scope') or library
    import_scope(scope)
    model = config._cfg_dict.to_dict().get('model')
    places = find_backbones(model, scope=scope) if isinstance(model, dict) else ()
    return Shipped(library, name, scope, {place.path: place.backbone for place in places})


def shipped_file(library, name):
    """The path of a shipped config."""
    return _root(library) / name


def _root(library):
    spec = find_spec(library)
    if spec is None or spec.origin is None:
        raise UsageError(f'{library} is not installed, so there are no configs of it: choose of those that are '
                         f"({', '.join(name for name in LIBRARIES if find_spec(name))}).")
    return Path(spec.origin).with_name('.mim') / 'configs'
