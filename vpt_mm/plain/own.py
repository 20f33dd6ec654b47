"""prompted_module(): a module of any class with a tuning method, whose blocks are found by structure."""
from __future__ import annotations

import copy
import difflib
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, cast

import torch
from torch import nn

from ..errors import UsageError, did_you_mean, some
from ..models.anatomy import Anatomy
from ..models.hosted import Hosted
from ..models.structure import settle_drop_rates
from ..models.tunable import Tunable
from ..models.tuned import is_of

# Classes among whose tokens prompts can stand.
PROMPTED = ('timm.VisionTransformer', 'mmpretrain.VisionTransformer', 'mmpretrain.SwinTransformer', 'timm.Eva',
            'mmpretrain.SwinTransformerV2', 'mmpretrain.BEiTViT', 'mmpretrain.DeiT3', 'mmpretrain.HiViT',
            'mmpretrain.ViTEVA02', 'mmpretrain.ViTSAM', 'mmpretrain.PCPVT', 'mmpretrain.SVT', 'mmseg.BEiT', 'mmseg.MAE',
            'mmseg.MixVisionTransformer')


class HeadlessAnatomy(Anatomy):
    """What a tuning method may ask of a module but for its heads, which are not the method's."""

    def __init__(self, backbone: Any) -> None:
        super().__init__(backbone)
        for name in ('named_modules', 'named_parameters', 'modules'):  # those of the whole module
            delattr(self, name)
        self.blocks = [block for block in self.blocks if self._is_own(block)]

    def named_modules(self) -> Iterator[tuple[str, nn.Module]]:
        return ((name, one) for name, one in self.backbone.named_modules()
                if not is_of(name, self.backbone.own_heads))

    def named_parameters(self) -> Iterator[tuple[str, nn.Parameter]]:
        return ((name, one) for name, one in self.backbone.named_parameters()
                if not is_of(name, self.backbone.own_heads))

    def modules(self) -> Iterator[nn.Module]:
        return (one for _, one in self.named_modules())

    @property
    def final_norms(self) -> list[nn.Module]:
        return [norm for norm in super().final_norms if self._is_own(norm)]

    def _is_own(self, module: nn.Module) -> bool:
        return any(one is module for one in self.modules())


class HostedModule(Hosted):
    """:class:`Hosted` in front of a module that holds a backbone and, in parts of its own, heads."""

    examined_by = HeadlessAnatomy

    def tune(self, config: Any) -> None:
        super().tune(config)
        for name, parameter in self.named_parameters():
            if is_of(name, self.own_heads):
                parameter.requires_grad_(True)

    @property
    def frozen_keys(self) -> list[str]:
        return [key for key in super().frozen_keys if not is_of(key, self.own_heads)]

    def train(self, mode: bool = True) -> Tunable:
        """As of every backbone; heads follow ``mode``."""
        super().train(mode)
        for name in self.own_heads:
            self.get_submodule(name).train(mode)
        return self


def prompted_module(module: nn.Module, tuning: Any, heads: Sequence[str] = ()) -> Any:
    """A copy of a module with a tuning method: its own class, forward pass and weights, frozen but for heads.

    Its forward pass takes one tensor of images. Where blocks of known kinds stand in it (``models/blocks``), prompts
    stand among what they are given; elsewhere there are the image, residual branches, and its own parameters.

    Args:
        module: of any class.
        tuning: config of a tuning method, or a list of them.
        heads: names of parts that learn as a whole, such as 'fc'.

    Raises:
        UsageError: no such part, an attribute that the method needs for itself, or a method that does not fit.
    """
    parts = [name for name, _ in module.named_modules() if name]
    strange = [name for name in heads if name not in parts]
    if strange:
        raise UsageError(f'head names parts of {type(module).__name__}, such as {some(parts, 4)}; got {strange[0]!r}.'
                         f'{did_you_mean(strange[0], parts)}')
    taken = sorted((set(dir(HostedModule)) - set(dir(nn.Module))).union({'tuning', 'anatomy'}).intersection(
        (*vars(module), *module._modules, *module._parameters, *module._buffers)))
    if taken:
        raise UsageError(f'{type(module).__name__} has {some(taken)}, a name that a prompted model needs for itself: '
                         'call it otherwise.')
    made: Any = copy.deepcopy(module)
    made.__class__ = _hosted(cast(Any, type(made)))
    made.own_heads = tuple(heads)
    settle_drop_rates(made)
    try:
        made.tune(tuning)
    except UsageError as error:
        raise UsageError(f'{error} {nearest_class(module)}') from None
    made.loaded = set(made.state_dict())  # they are there
    made.originals = {name: parameter.detach().clone() for name, parameter in made.named_parameters()
                      if name in made.trained} if not made.tuning.trains_backbone else None
    return made


@cache
def _hosted(kind: Any) -> Any:
    return type(f'Prompted{kind.__name__}', (HostedModule, kind), {'__module__': kind.__module__,
                                                                   '__doc__': kind.__doc__})


def nearest_class(module: nn.Module) -> str:
    """A sentence with the classes nearest to that of a module among whose tokens prompts can stand."""
    known = {one.rpartition('.')[2].lower(): one for one in reversed(PROMPTED)}
    near = difflib.get_close_matches(type(module).__name__.lower(), known, n=2, cutoff=0.6)
    return f"The nearest classes that take prompts are {', '.join([known[one] for one in near] or PROMPTED[:3])}."


def device_of(module: nn.Module) -> tuple[torch.device, torch.dtype]:
    """Where a module's first floating-point weight is, and of which type."""
    weight = next((one for one in module.parameters() if one.is_floating_point()), torch.empty(0))
    return weight.device, weight.dtype
