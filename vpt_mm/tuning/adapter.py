"""Adapters and low-rank updates: small layers inside every block that start as the identity."""
from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import UsageError
from ..layers.updated import UpdatedLinear
from .host import Host
from .method import Memory, Place, TuningMethod
from .registry import TUNING_METHODS


@TUNING_METHODS.register_module()
class Adapter(TuningMethod):
    """A bottleneck after the FFN of every block, before its residual (Houlsby et al. 2019, Pfeiffer et al. 2020).

    The projection down starts at random and the one up at zero: the backbone starts as it was, and both can learn.

    Args:
        reduction: the bottleneck is the block's width divided by this, rounded down.

    Raises:
        UsageError: a reduction that is not a whole number of at least 1, or leaves the narrowest block no width.
    """

    part = 'adapters'

    def __init__(self, reduction: int) -> None:
        super().__init__()
        self.check_count('reduction', reduction)
        self.reduction = reduction

    def build_for(self, backbone: Host) -> None:
        narrowest = min(backbone.block_widths)
        if self.reduction > narrowest:
            raise UsageError(f'Adapter: reduction must be 1..{narrowest}, the width of the narrowest block of '
                             f'{type(backbone).__name__}, got {self.reduction}.')
        self.blocks = nn.ModuleList(Bottleneck(width, width // self.reduction) for width in backbone.block_widths)

    def after_ffn(self, branch: Tensor, tokens: Tensor, place: Place, memory: Memory) -> Tensor:
        return branch + self.blocks[place.block](branch).to(branch.dtype)


class Bottleneck(nn.Module):
    """(..., width) to (..., width) through ``hidden`` channels."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.down, self.up = nn.Linear(width, hidden), nn.Linear(hidden, width)
        nn.init.xavier_uniform_(self.down.weight)
        for tensor in (self.down.bias, self.up.weight, self.up.bias):
            nn.init.zeros_(tensor)

    def forward(self, branch: Tensor) -> Tensor:
        return self.up(F.gelu(self.down(branch.to(self.down.weight.dtype))))


@TUNING_METHODS.register_module()
class LoRA(TuningMethod):
    """Low-rank updates of frozen linear layers (Hu et al. 2022): W + (alpha / rank) * up @ down.

    ``updates``: one for each layer, named as it is with underscores; ``down``, (rank, in), starts at random and
    ``up``, (out, rank), at zero. They can be merged into the weights.

    Args:
        rank: of the updates.
        alpha: scale of the updates, as a multiple of ``1 / rank``; by default the rank.
        targets: names of layers, or the last parts of such names: 'qkv', 'attn.proj', 'ffn.layers.1'.

    Raises:
        UsageError: a rank that is not a whole number of at least 1, or above a layer's width; an alpha that
            isn't a positive number; a target that matches no linear layer.
    """

    part = 'low-rank updates'

    def __init__(self, rank: int, *, alpha: float | None = None, targets: str | Sequence[str] = ('qkv',)) -> None:
        super().__init__()
        self.check_count('rank', rank)
        if alpha is not None and (isinstance(alpha, bool) or not isinstance(alpha, (int, float)) or not alpha > 0):
            raise UsageError(f'LoRA: alpha must be a positive number, got {alpha!r}.')
        self.rank = rank
        self.scale = 1. if alpha is None else alpha / rank
        self.targets = (targets,) if isinstance(targets, str) else tuple(targets)

    @classmethod
    def misfit(cls, backbone: Host) -> str:
        return '' if linear_layers(backbone) else 'which has no linear layers'

    def build_for(self, backbone: Host) -> None:
        self.updates = nn.ModuleDict()
        for name in self.find_targets(backbone):
            layer = cast(nn.Linear, backbone.get_submodule(name))
            narrowest = min(layer.in_features, layer.out_features)
            if self.rank > narrowest:
                raise UsageError(f'LoRA: rank must be 1..{narrowest}, the width of {name}, got {self.rank}.')
            update = self.updates[name.replace('.', '_')] = LowRankUpdate(layer, self.rank, self.scale)
            parent, _, child = name.rpartition('.')
            setattr(backbone.get_submodule(parent), child, UpdatedLinear(layer, update))

    def find_targets(self, backbone: Host) -> list[str]:
        """Names of the linear layers that the targets name."""
        layers, kind = linear_layers(backbone), type(backbone).__name__
        for target in self.targets or ('',):
            if not any(matches(name, target) for name in layers):
                known = ', '.join(dict.fromkeys(map(name_in_block, layers)))
                raise UsageError(f'LoRA: every one of targets must name linear layers of {kind}, got {target!r}; '
                                 f'there are {known}.')
        return [name for name in layers if any(matches(name, target) for target in self.targets)]

    def merge_into(self, backbone: Host) -> None:
        for layer in backbone.modules():
            for update in layer.updates if isinstance(layer, UpdatedLinear) else ():
                layer.weight.data = layer.weight.data + update.weight  # as exact as the update, however it is stored
                layer.updates = ()


def linear_layers(backbone: Host) -> list[str]:
    return [name for name, module in backbone.named_modules() if isinstance(module, nn.Linear)]


def name_in_block(name: str) -> str:
    """'layers.0.attn.qkv' and 'stages.0.blocks.1.attn.qkv' to 'attn.qkv'."""
    return re.sub(r'^\w+\.(\d+\.)?(blocks\.\d+\.|\d+\.)?', '', name)


def matches(name: str, target: str) -> bool:
    return bool(target) and f'.{name}'.endswith(f'.{target}')


class LowRankUpdate(nn.Module):
    """(..., in) to those of the (..., out) that are wanted."""

    def __init__(self, layer: nn.Linear, rank: int, scale: float) -> None:
        super().__init__()
        self.down = nn.Parameter(torch.empty(rank, layer.in_features))
        self.up = nn.Parameter(torch.zeros(layer.out_features, rank))
        self.scale = scale
        nn.init.kaiming_uniform_(self.down, a=math.sqrt(5))  # as nn.Linear's own weight

    def forward(self, inputs: Tensor, rows: slice = slice(None)) -> Tensor:
        inner = F.linear(inputs.to(self.down.dtype), self.down)
        return self.scale * F.linear(inner, self.up[rows])

    @property
    def weight(self) -> Tensor:
        """(out, in): what is added to the layer's weight."""
        return self.scale * self.up.detach() @ self.down.detach()
