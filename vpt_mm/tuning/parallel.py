"""Adapters beside attention and FFN, which read what those read: AdaptFormer and Convpass."""
from __future__ import annotations

import math
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import UsageError
from .host import Host
from .method import Memory, Place, TuningMethod
from .registry import TUNING_METHODS


class ParallelAdapter(TuningMethod):
    """What adapters beside parts of a block share: it has attention, and they read its tokens through its own norms.

    Args:
        width: channels of the bottleneck, n.
        scale: of what is added, s.

    Raises:
        UsageError: a width that isn't a whole number of at least 1, or a scale that isn't a positive number.
    """

    part = 'adapters'

    def __init__(self, width: int, *, scale: float) -> None:
        super().__init__()
        self.check_count('width', width)
        if isinstance(scale, bool) or not isinstance(scale, (int, float)) or not 0 < scale < math.inf:
            raise UsageError(f'{type(self).__name__}: scale must be a positive number, got {scale!r}.')
        self.width, self.scale = width, float(scale)

    @classmethod
    def misfit(cls, backbone: Host) -> str:
        return super().misfit(backbone) or ('' if 'after_attention' in backbone.seams else backbone.lacking)

    def build_for(self, backbone: Host) -> None:
        # The backbone's own modules, in tuples that register nothing: a copy of the backbone copies both together.
        self.norms = tuple(tuple(norms) for norms in backbone.block_norms)

    def read(self, tokens: Tensor, place: Place, *, ffn: bool) -> Tensor:
        """What the attention or the FFN of a block reads of its tokens (B, N, C)."""
        norm = self.norms[place.block][ffn]
        return tokens if norm is None else norm(tokens)

    def add(self, branch: Tensor, adapted: Tensor) -> Tensor:
        return torch.add(branch, adapted.to(branch.dtype), alpha=self.scale)


@TUNING_METHODS.register_module()
class AdaptFormer(ParallelAdapter):
    """A bottleneck beside the FFN of every block (Chen et al., arXiv 2205.13535): MLP(LN(x)) + s U ReLU(D LN(x)).

    (2n + 1)m + n parameters in a block of m channels. U starts at zero: the backbone starts as it was.

    Args:
        width: channels of the bottleneck, n.
        scale: of what is added, s.

    Raises:
        UsageError: a width that isn't a whole number of at least 1, or a scale that isn't a positive number.
    """

    def __init__(self, width: int = 64, *, scale: float = 0.1) -> None:
        super().__init__(width, scale=scale)

    def build_for(self, backbone: Host) -> None:
        super().build_for(backbone)
        self.blocks = nn.ModuleList(ReluBottleneck(width, self.width) for width in backbone.block_widths)

    def after_ffn(self, branch: Tensor, tokens: Tensor, place: Place, memory: Memory) -> Tensor:
        return self.add(branch, self.blocks[place.block](self.read(tokens, place, ffn=True)))


class ReluBottleneck(nn.Module):
    """(..., m) to (..., m) through ``width`` channels."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.down, self.up = nn.Linear(channels, width), nn.Linear(width, channels)
        nn.init.kaiming_uniform_(self.down.weight, a=math.sqrt(5))
        for tensor in (self.down.bias, self.up.weight, self.up.bias):
            nn.init.zeros_(tensor)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.up(F.relu(self.down(tokens.to(self.down.weight.dtype))))


@TUNING_METHODS.register_module()
class Convpass(ParallelAdapter):
    """A bottleneck with a convolution beside attention and FFN of every block (Jie and Deng, arXiv 2207.07039).

    Each adds s U GELU(conv(GELU(D LN(x)))), with a kernel of 3x3 over the grid of patches. A class token, a register or
    a prompt that travels is an image of one place, as the paper has the class token.

    2(2n + 1)m + 2(9n^2 + 2n) parameters in a block of m channels. U starts at zero: the backbone starts as it was.

    Args:
        width: channels of the bottleneck, n.
        scale: of what is added, s.

    Raises:
        UsageError: a width that isn't a whole number of at least 1, or a scale that isn't a positive number.
    """

    needs = frozenset({'grid of patches'})

    def __init__(self, width: int = 8, *, scale: float = 1.) -> None:
        super().__init__(width, scale=scale)

    def build_for(self, backbone: Host) -> None:
        super().build_for(backbone)
        self.attention, self.ffn = (nn.ModuleList(ConvBottleneck(width, self.width)
                                                  for width in backbone.block_widths) for _ in range(2))

    def after_attention(self, branch: Tensor, tokens: Tensor, place: Place, memory: Memory) -> Tensor:
        return self.add(branch, self.attention[place.block](self.read(tokens, place, ffn=False), place))

    def after_ffn(self, branch: Tensor, tokens: Tensor, place: Place, memory: Memory) -> Tensor:
        return self.add(branch, self.ffn[place.block](self.read(tokens, place, ffn=True), place))


class ConvBottleneck(nn.Module):
    """(B, N, m), which stand as a place says, to (B, N, m) through ``width`` channels."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.down, self.up = nn.Linear(channels, width), nn.Linear(width, channels)
        self.conv = nn.Conv2d(width, width, 3, padding=1)
        nn.init.xavier_uniform_(self.down.weight)
        for tensor in (self.down.bias, self.up.weight, self.up.bias):
            nn.init.zeros_(tensor)

    def forward(self, tokens: Tensor, place: Place) -> Tensor:
        inner = F.gelu(self.down(tokens.to(self.down.weight.dtype)))
        return self.up(F.gelu(self.convolve(inner, place)))

    def convolve(self, inner: Tensor, place: Place) -> Tensor:
        """(B, N, n) to the same: patches on their grid, and other tokens each by the middle of the kernel."""
        before, behind = inner[:, :place.extra], inner[:, place.count:]
        patches = inner[:, place.extra:place.count]  # none where a classifier reads the class token alone
        parts = (before, self.alone), (patches, partial(self.on_grid, place)), (behind, self.alone)
        there = [convolve(part) for part, convolve in parts if part.shape[1]]
        return there[0] if len(there) == 1 else torch.cat(there, dim=1)

    def alone(self, inner: Tensor) -> Tensor:
        return F.linear(inner, self.conv.weight[..., 1, 1], self.conv.bias)

    def on_grid(self, place: Place, inner: Tensor) -> Tensor:
        return self.conv(inner.unflatten(1, place.grid).permute(0, 3, 1, 2)).permute(0, 2, 3, 1).flatten(1, 2)
