"""LoRA: low-rank updates of frozen linear layers and convolutions, which start at zero."""
from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import UsageError
from ..layers.updated import UpdatedConv, UpdatedLinear, is_plain_conv
from .host import Host
from .method import TuningMethod
from .registry import TUNING_METHODS

READING = (nn.MultiheadAttention, nn.TransformerEncoderLayer)


@TUNING_METHODS.register_module()
class LoRA(TuningMethod):
    """Low-rank updates of frozen layers (Hu et al. 2022): W + (alpha / rank) * up @ down.

    ``updates``: one for each layer, named as it is with underscores; ``down``, (rank, in), starts at random and
    ``up``, (out, rank), at zero. Of a convolution, ``in`` counts channels times places of its kernel. They can be
    merged into the weights.

    Args:
        rank: of the updates.
        alpha: scale of the updates, as a multiple of ``1 / rank``; by default the rank.
        targets: names of layers, or the last parts of such names: 'qkv', 'attn.proj', 'ffn.layers.1'. By default those
            called 'qkv'; where there are none, all linear layers of the blocks; where there are none either, all their
            convolutions.

    Raises:
        UsageError: a rank that is not a whole number of at least 1, or above a layer's width; an alpha that
            isn't a positive number; a target that matches no layer.
    """

    part = 'low-rank updates'

    def __init__(self, rank: int, *, alpha: float | None = None, targets: str | Sequence[str] | None = None) -> None:
        super().__init__()
        self.check_count('rank', rank)
        if alpha is not None and (isinstance(alpha, bool) or not isinstance(alpha, (int, float)) or not alpha > 0):
            raise UsageError(f'LoRA: alpha must be a positive number, got {alpha!r}.')
        self.rank = rank
        self.scale = 1. if alpha is None else alpha / rank
        self.targets = (targets,) if isinstance(targets, str) else targets if targets is None else tuple(targets)

    @classmethod
    def misfit(cls, backbone: Host) -> str:
        return '' if updatable(backbone) else 'which has no layers that can be updated'

    def build_for(self, backbone: Host) -> None:
        self.updates = nn.ModuleDict()
        for name in self.find_targets(backbone):
            layer: Any = backbone.get_submodule(name)
            width, inputs = layer.weight.shape[0], layer.weight[0].numel()
            if self.rank > min(width, inputs):
                raise UsageError(f'LoRA: rank must be 1..{min(width, inputs)}, the width of {name}, got {self.rank}.')
            linear = isinstance(layer, nn.Linear)
            update = (LowRankUpdate if linear else LowRankConv)(width, inputs, self.rank, self.scale)
            self.updates[name.replace('.', '_')] = update
            parent, _, child = name.rpartition('.')
            updated = UpdatedLinear(layer, update) if linear else UpdatedConv(layer, update)
            setattr(backbone.get_submodule(parent), child, updated)

    def find_targets(self, backbone: Host) -> list[str]:
        """Names of the layers that the targets name."""
        layers = updatable(backbone)
        if self.targets is None:
            return _usual_targets(layers, backbone)
        for target in self.targets or ('',):
            if not any(matches(name, target) for name in layers):
                known = ', '.join(dict.fromkeys(map(name_in_block, layers)))
                raise UsageError(f'LoRA: every one of targets must name linear layers or convolutions of '
                                 f'{backbone.title}, got {target!r}; there are {known}.')
        return [name for name in layers if any(matches(name, target) for target in self.targets)]

    def merge_into(self, backbone: Host) -> None:
        updated: list[Any] = [layer for layer in backbone.modules() if isinstance(layer, (UpdatedLinear, UpdatedConv))]
        for layer in updated:
            merge_updates(layer)


def merge_updates(layer: Any) -> None:
    """Fold low-rank updates into the weight of their layer."""
    for update in layer.updates:  # as exact as the update, however the weight is stored
        layer.weight.data = layer.weight.data + update.weight.view_as(layer.weight)
    layer.updates = ()


def updatable(backbone: Host) -> dict[str, nn.Module]:
    """{name: layer} of linear layers and ungrouped convolutions that compute what their class says.

    Torch's own attention reads the weights of its layers itself, unless it stands in a block that runs in pieces.
    """
    in_pieces = {id(module) for block in backbone.blocks for module in block.modules()
                 if 'after_attention' in backbone.seams}
    read = {id(child) for module in backbone.modules() if isinstance(module, READING) and id(module) not in in_pieces
            for child in module.modules()}
    return {name: module for name, module in backbone.named_modules()
            if id(module) not in read and (isinstance(module, nn.Linear)
                                           or (is_plain_conv(module) and module.groups == 1))}


def _usual_targets(layers: dict[str, nn.Module], backbone: Host) -> list[str]:
    named = [name for name in layers if matches(name, 'qkv')]
    inside = {id(module) for block in backbone.blocks for module in block.modules()}
    linear = [name for name, layer in layers.items() if isinstance(layer, nn.Linear) and id(layer) in inside]
    return named or linear or [name for name, layer in layers.items() if id(layer) in inside] or list(layers)


def name_in_block(name: str) -> str:
    """'layers.0.attn.qkv' and 'stages.0.blocks.1.attn.qkv' to 'attn.qkv'."""
    return re.sub(r'^\w+\.(\d+\.)?(blocks\.\d+\.|\d+\.)?', '', name)


def matches(name: str, target: str) -> bool:
    return bool(target) and f'.{name}'.endswith(f'.{target}')


class LowRankUpdate(nn.Module):
    """(..., in) to those of the (..., out) that are wanted."""

    def __init__(self, width: int, inputs: int, rank: int, scale: float) -> None:
        super().__init__()
        self.down = nn.Parameter(torch.empty(rank, inputs))
        self.up = nn.Parameter(torch.zeros(width, rank))
        self.scale = scale
        nn.init.kaiming_uniform_(self.down, a=math.sqrt(5))  # as nn.Linear's own weight

    def forward(self, inputs: Tensor, rows: slice = slice(None)) -> Tensor:
        inner = F.linear(inputs.to(self.down.dtype), self.down)
        return self.scale * F.linear(inner, self.up[rows])

    @property
    def weight(self) -> Tensor:
        """(out, in): what is added to the layer's weight."""
        return self.scale * self.up.detach() @ self.down.detach()


class LowRankConv(LowRankUpdate):
    """The same of a convolution: its kernel to ``rank`` channels, and those to its own."""

    def forward(self, conv: nn.Conv2d, inputs: Tensor) -> Tensor:
        kernel = self.down.view(-1, *conv.weight.shape[1:])
        inner = F.conv2d(inputs.to(self.down.dtype), kernel, None, conv.stride, conv.padding, conv.dilation)
        return self.scale * F.conv2d(inner, self.up[..., None, None])
