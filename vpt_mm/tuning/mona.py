"""Mona: bottlenecks with convolutions of several sizes, behind attention and FFN."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import UsageError
from .host import Host
from .method import Memory, Place, TuningMethod
from .registry import TUNING_METHODS


@TUNING_METHODS.register_module()
class Mona(TuningMethod):
    """A bottleneck with convolutions behind attention and behind the FFN of every block (Yin et al., arXiv 2408.08345).

    The stream x, behind the residual, becomes x + U GELU(f(D (s1 LN(x) + s2 x))), where f convolves the patches on
    their grid: first y + the mean of the ``kernels``' depth-wise convolutions of y, and then y + a pointwise one. Class
    tokens, registers and prompts that travel pass by. In a ConvNeXt it stands behind the residual of each block.

    A module has (2n + 3)m + n^2 + 84n + 2 parameters at m channels and n in the bottleneck, with kernels of 3, 5 and 7.
    U starts at zero: the backbone starts as it was. Where outputs are made of the class token alone, the last block has
    no modules, since nothing would read what they do to patches.

    Args:
        width: channels of the bottleneck, n.
        kernels: sides of the depth-wise kernels, odd.
        dropout: of the bottleneck, while training.

    Raises:
        UsageError: a width that isn't a whole number of at least 1, kernels that are not odd, or one that is wider than
            the map of a block; a dropout outside [0, 1).
    """

    part = 'adapters'
    needs = frozenset({'grid of patches'})

    def __init__(self, width: int = 64, *, kernels: Sequence[int] = (3, 5, 7), dropout: float = 0.1) -> None:
        super().__init__()
        self.check_count('width', width)
        if not kernels or not all(type(side) is int and side > 0 and side % 2 for side in kernels):
            raise UsageError(f'Mona: kernels must be odd whole numbers, got {kernels!r}.')
        self.check_dropout(dropout)
        self.width, self.kernels, self.dropout = width, tuple(kernels), float(dropout)

    @classmethod
    def misfit(cls, backbone: Host) -> str:
        """A ConvNeXt has no attention to stand behind, and needs none."""
        return '' if cls.needs <= backbone.gives else 'which has no grid of patches'

    def build_for(self, backbone: Host) -> None:
        count = len(backbone.blocks) - (not backbone.reads_patches)
        self.check_kernels(backbone, count)
        widths = [backbone.branch_widths[block] for block in range(count)]
        attends = 'after_attention' in backbone.seams
        self.after = nn.ModuleDict({place: nn.ModuleList(MonaModule(width, self.width, self.dropout)
                                                         for width in widths)
                                    for place in ('attention', 'ffn') if place == 'ffn' or attends})
        self.filters = Filters(len(widths) * len(self.after), self.width, self.kernels)

    def check_kernels(self, backbone: Host, count: int) -> None:
        """Raise UsageError where one of the kernels is wider than the map of one of the first ``count`` blocks."""
        for block, (height, width) in enumerate(backbone.block_grids[:count]):
            if max(self.kernels) > min(height, width):
                pixels = 'x'.join(map(str, backbone.image_size))
                raise UsageError(f'Mona: kernels must be at most {min(height, width)} wide, since block {block} of '
                                 f'{backbone.title} has a map of {height}x{width} on images of {pixels}, got '
                                 f'{max(self.kernels)}: leave it out of kernels, or set a larger img_size.')

    def begin(self, inputs: Tensor, backbone: Host, **given: object) -> Memory:
        return dict(filters=self.filters())

    def after_attention(self, branch: Tensor, tokens: Tensor, place: Place, memory: Memory) -> Tensor:
        return self.refine('attention', branch, tokens, place, memory)

    def after_ffn(self, branch: Tensor, tokens: Tensor, place: Place, memory: Memory) -> Tensor:
        return self.refine('ffn', branch, tokens, place, memory)

    def refine(self, where: str, branch: Tensor, tokens: Tensor, place: Place, memory: Memory) -> Tensor:
        """A branch, (B, N, C) or (B, h, w, C), and what the module there makes of its sum with the tokens."""
        modules: Any = self.after[where]
        if place.block >= len(modules):
            return branch
        number = place.block + (where == 'ffn') * (len(self.after) - 1) * len(modules)
        module, kernels = modules[place.block], [filters[number] for filters in memory['filters']]
        if branch.dim() == 4:
            return branch + module(tokens + branch, *kernels).to(branch.dtype)
        before, own, behind = (slice(None, place.extra), slice(place.extra, place.count), slice(place.count, None))
        stream = (tokens[:, own] + branch[:, own]).unflatten(1, place.grid)
        added = branch[:, own] + module(stream, *kernels).flatten(1, 2).to(branch.dtype)
        if added.shape[1] == branch.shape[1]:
            return added
        return torch.cat([branch[:, before], added, branch[:, behind]], dim=1)


class MonaModule(nn.Module):
    """(B, h, w, m) to what is added to it, through ``width`` channels; the filters are :class:`Filters`' of all."""

    def __init__(self, channels: int, width: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.scale_normed = nn.Parameter(torch.tensor(1e-6))  # s1 and s2, as the paper starts them
        self.scale = nn.Parameter(torch.tensor(1.))
        self.down, self.up = nn.Linear(channels, width), nn.Linear(width, channels)
        self.dropout = dropout
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)

    def forward(self, stream: Tensor, depthwise: Tensor, pointwise: Tensor) -> Tensor:
        stream, norm, scale = stream.to(self.scale.dtype), self.norm, self.scale_normed
        normed = F.layer_norm(stream, norm.normalized_shape, scale * norm.weight, scale * norm.bias, norm.eps)
        inner = self.down(torch.addcmul(normed, stream, self.scale)).permute(0, 3, 1, 2)
        inner = F.conv2d(inner, depthwise, padding=depthwise.shape[-1] // 2, groups=len(depthwise))
        inner = F.gelu(F.linear(inner.permute(0, 2, 3, 1), pointwise))
        return self.up(F.dropout(inner, self.dropout, self.training))


class Filters(nn.Module):
    """The convolutions of all modules, side by side, so that a pass makes them ready at once.

    Convolutions of several sizes, their mean and the identity are one convolution, and a pointwise one and the identity
    are one matrix.

    Args:
        count: number of modules, M.
        width: channels, n.
        sides: of the depth-wise kernels.
    """

    def __init__(self, count: int, width: int, sides: Sequence[int]) -> None:
        super().__init__()
        self.depthwise = nn.ParameterList(torch.empty(count, width, side, side).uniform_(-1 / side, 1 / side)
                                          for side in sides)  # torch's own bound for such convolutions
        self.pointwise = nn.Parameter(torch.empty(count, width, width).uniform_(-width ** -0.5, width ** -0.5))

    def forward(self) -> tuple[Sequence[Tensor], Sequence[Tensor]]:
        """Kernels (n, 1, K, K) and matrices (n, n) of each module."""
        widest = max(kernel.shape[-1] for kernel in self.depthwise)
        wide = [F.pad(kernel, [(widest - kernel.shape[-1]) // 2] * 4) for kernel in self.depthwise]
        identity = F.pad(wide[0].new_ones(1, 1), [widest // 2] * 4)
        depthwise = torch.stack(wide).sum(dim=0) / len(wide) + identity
        return depthwise[:, :, None].unbind(), (self.pointwise + torch.eye(
            self.pointwise.shape[-1], dtype=self.pointwise.dtype, device=self.pointwise.device)).unbind()
