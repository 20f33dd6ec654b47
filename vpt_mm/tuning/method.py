"""TuningMethod: what a backbone asks of the object that owns everything learned inside it."""
import inspect

import torch
from mmengine.model import BaseModule, ModuleList, initialize
from mmengine.registry import MODELS

from ..errors import UsageError, did_you_mean, require_counts

SEAMS = ('paint', 'project', 'patches', 'join', 'prompts', 'prefixes', 'adapt', 'blend')


class KeepsValues:
    """Mixin: recipes of a model's ``init_cfg``, which mmengine applies to all layers below, end here."""

    keeps_values = True

    def apply(self, function):
        recipe = getattr(function, '__module__', None) == initialize.__module__
        return self if recipe and self.keeps_values else super().apply(function)  # type: ignore[misc]


class TuningMethod(KeepsValues, BaseModule):
    """The seams between a frozen backbone and what is learned; each does nothing by default.

    A method overrides the seams that it needs, registers itself in ``MODELS``, and creates its
    parameters in :meth:`build_for`, where the sizes of the backbone are known. It fits the backbones
    whose ``seams`` hold all that it overrides.
    """

    part = 'prompts'  # what reports call that which it learns
    travels = False  # True: its prompts are among the tokens that leave the last block
    frame = 0  # pixels that `paint` puts on each side of the image
    dense = True  # False: learns for a classifier's feature, of which a segmentor has none
    trains_backbone = False  # True: the backbone is in train mode and wholly its own (FullTuning)
    composes = True  # False: stands alone, never in a list

    @classmethod
    def fits(cls, backbone):
        """Whether the backbone has what the method needs."""
        return seams_of(cls) <= set(backbone.seams)

    def build_for(self, backbone):
        """Create the parameters, sized from ``backbone.block_widths`` and such."""

    def trains(self, backbone):
        """Names of backbone parameters that train as well."""
        return ()

    def paint(self, image):
        """(B, 3, H, W), normalised, to what the backbone sees: prompts in pixel space."""
        return image

    def project(self, features, image, conv):
        """The output of the backbone's first convolution, ``conv``, on ``image``: (B, C, h, w)."""
        return features

    def patches(self):
        """(P, 3, patch, patch): embedded by the frozen patch embedding, they travel on as tokens."""
        return None

    def join(self, tokens, block):
        """(B, N, C) to (B, N + P, C): prompts that join the tokens at this block and travel on."""
        return tokens

    def prompts(self, block, batch):
        """(P, C), or (batch, P, C) where images differ: seen by this block as keys and values."""
        return None

    def prefixes(self, block):
        """(2, P, C): keys and values that this block's tokens see, as they are."""
        return None

    def adapt(self, branch, block):
        """The output of this block's FFN, before its residual: adapters."""
        return branch

    def blend(self, features, image):
        """An output of the backbone, (B, C) or a map (B, C, h, w), for the image as it was given."""
        return features

    def check_count(self, name, value):
        """Raise UsageError unless an argument is a whole number of at least 1."""
        require_counts(**{f'{type(self).__name__}: {name}': value})

    def merge_into(self, backbone):
        """Fold what was learned into the backbone's own weights, so that the plain backbone computes the same.

        Raises:
            UsageError: what was learned has no place there.
        """
        if next(self.parameters(), None) is not None:
            raise UsageError(f'{type(self).__name__} can not be merged: what it learned is no weight of the plain '
                             'backbone. Keep the task file, and load it with vpt_mm.')


class TuningList(KeepsValues, ModuleList):
    """Several methods at once, such as VPT + Bias; answers every seam for all of them."""

    @property
    def trains_backbone(self):
        return any(method.trains_backbone for method in self)

    @property
    def travels(self):
        return any(method.travels for method in self)

    @property
    def frame(self):
        return sum(method.frame for method in self)

    @property
    def dense(self):
        return all(method.dense for method in self)

    def build_for(self, backbone):
        for method in self:
            method.build_for(backbone)

    def trains(self, backbone):
        return [name for method in self for name in method.trains(backbone)]

    def paint(self, image):
        for method in self:
            image = method.paint(image)
        return image

    def project(self, features, image, conv):
        for method in self:
            features = method.project(features, image, conv)
        return features

    def patches(self):
        made = [patches for patches in [method.patches() for method in self] if patches is not None]
        return torch.cat(made) if made else None

    def join(self, tokens, block):
        for method in self:
            tokens = method.join(tokens, block)
        return tokens

    def prompts(self, block, batch):
        seen = [method.prompts(block, batch) for method in self]  # no := here: torch.compile can't follow it
        seen = [prompts for prompts in seen if prompts is not None]
        if len({prompts.dim() for prompts in seen}) > 1:
            seen = [prompts.expand(batch, -1, -1) for prompts in seen]
        return torch.cat(seen, dim=-2) if seen else None

    def prefixes(self, block):
        made = [prefixes for prefixes in [method.prefixes(block) for method in self] if prefixes is not None]
        return torch.cat(made, dim=1) if made else None

    def adapt(self, branch, block):
        for method in self:
            branch = method.adapt(branch, block)
        return branch

    def blend(self, features, image):
        for method in self:
            features = method.blend(features, image)
        return features

    def merge_into(self, backbone):
        for method in self:
            method.merge_into(backbone)


def build_tuning(config):
    """Build the method of a config, or the :class:`TuningList` of a list of configs.

    Raises:
        UsageError: unknown type, a method that stands alone in a list, or two of one kind.
    """
    if not isinstance(config, (list, tuple)):
        return _build_method(config)
    methods = [_build_method(one) for one in config]
    kinds = [type(method).__name__ for method in methods]
    if not methods:
        raise UsageError("tuning must be one method, a list of methods or None, got an empty list.")
    for kind, method in zip(kinds, methods):
        if len(methods) > 1 and not method.composes:
            raise UsageError(f'{kind} stands alone: nothing can be added to it, got {kinds}.')
        if kinds.count(kind) > 1:
            raise UsageError(f'tuning takes each method once, got {kind} {kinds.count(kind)} times.')
    return TuningList(methods)


def require_fit(tuning, backbone):
    """Raise UsageError unless the backbone serves every seam that the method, or each in the list, needs."""
    for method in tuning if isinstance(tuning, TuningList) else [tuning]:
        if not seams_of(type(method)) <= set(backbone.seams):
            fit = sorted(name for name, one in _registered() if one.fits(backbone))
            raise UsageError(f'{type(method).__name__} does not fit {type(backbone).__name__}, '
                             f"{backbone.lacking}: use one of {', '.join(fit)}.")


def seams_of(method):
    """The seams that a class of methods overrides."""
    return {seam for seam in SEAMS if getattr(method, seam) is not getattr(TuningMethod, seam)}


def _build_method(config):
    if isinstance(config, TuningMethod):
        return config
    kind = config.get('type') if isinstance(config, dict) else config
    known = MODELS.get(kind) if isinstance(kind, str) else kind
    if not (isinstance(known, type) and issubclass(known, TuningMethod)):
        names = [name for name, _ in _registered()]
        raise UsageError(f"tuning needs a dict with one of the types {', '.join(sorted(names))}; "
                         f'got {config!r}.{did_you_mean(kind, names)}')
    given = {name: value for name, value in config.items() if name != 'type'} if isinstance(config, dict) else {}
    parameters = inspect.signature(known).parameters
    for name in given:
        if name not in parameters:
            raise UsageError(f"{known.__name__} takes {', '.join(parameters) or 'nothing'}, got {name!r}."
                             f'{did_you_mean(name, parameters)}')
    absent = [name for name, one in parameters.items() if one.default is one.empty and name not in given]
    if absent:
        raise UsageError(f"{known.__name__} needs {', '.join(absent)}: add it to tuning=dict(...).")
    return known(**given)


def _registered():
    """(name, class) of the methods that a config can name."""
    return [(method.__name__, method) for method in _subclasses(TuningMethod)
            if MODELS.module_dict.get(method.__name__) is method]


def _subclasses(kind):
    for sub in kind.__subclasses__():
        yield sub
        yield from _subclasses(sub)
