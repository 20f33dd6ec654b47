"""TuningMethod: what a backbone asks of the object that owns everything learned inside it."""
import difflib

import torch
from mmengine.model import BaseModule, ModuleList
from mmengine.registry import MODELS

from ..errors import UsageError


class TuningMethod(BaseModule):
    """The seams between a frozen backbone and what is learned; each does nothing by default.

    A method overrides the seams that it needs, registers itself in ``MODELS``, and creates its
    parameters in :meth:`build_for`, where the sizes of the backbone are known.
    """

    trains_backbone = False  # True: the backbone is in train mode and wholly its own (FullTuning)
    composes = True  # False: stands alone, never in a list

    def build_for(self, backbone):
        """Create the parameters, sized from ``backbone.block_widths`` and ``backbone.patch_size``."""

    def trains(self, backbone):
        """Names of backbone parameters that train as well."""
        return ()

    def paint(self, image):
        """(B, 3, H, W), normalised, to what the backbone sees: prompts in pixel space."""
        return image

    def join(self, tokens, block):
        """(B, N, C) to (B, N + P, C): prompts that join the tokens at this block and travel on."""
        return tokens

    def prompts(self, block, batch):
        """(P, C), or (batch, P, C) where images differ: seen by this block as keys and values."""
        return None

    def adapt(self, branch, block):
        """The output of this block's FFN, before its residual: adapters."""
        return branch


class TuningList(ModuleList):
    """Several methods at once, such as VPT + Bias; answers every seam for all of them."""

    trains_backbone = False

    def build_for(self, backbone):
        for method in self:
            method.build_for(backbone)

    def trains(self, backbone):
        return [name for method in self for name in method.trains(backbone)]

    def paint(self, image):
        for method in self:
            image = method.paint(image)
        return image

    def join(self, tokens, block):
        for method in self:
            tokens = method.join(tokens, block)
        return tokens

    def prompts(self, block, batch):
        seen = [prompts for method in self if (prompts := method.prompts(block, batch)) is not None]
        if len({prompts.dim() for prompts in seen}) > 1:
            seen = [prompts.expand(batch, -1, -1) for prompts in seen]
        return torch.cat(seen, dim=-2) if seen else None

    def adapt(self, branch, block):
        for method in self:
            branch = method.adapt(branch, block)
        return branch


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


def _build_method(config):
    if isinstance(config, TuningMethod):
        return config
    kind = config.get('type') if isinstance(config, dict) else config
    known = MODELS.get(kind) if isinstance(kind, str) else kind
    if not (isinstance(known, type) and issubclass(known, TuningMethod)):
        names = [method.__name__ for method in _subclasses(TuningMethod)]
        near = difflib.get_close_matches(str(kind), names, n=1)
        hint = f' Did you mean {near[0]}?' if near else ''
        raise UsageError(f"tuning needs a dict with one of the types {', '.join(sorted(names))}; "
                         f'got {config!r}.{hint}')
    return MODELS.build(config)


def _subclasses(kind):
    for sub in kind.__subclasses__():
        yield sub
        yield from _subclasses(sub)
