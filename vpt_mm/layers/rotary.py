"""Rotation: rotary positions of queries and keys (Su et al. 2021), for tokens of which some have no place."""
from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor


class Rotation(NamedTuple):
    """Angles of N tokens; channels are turned in pairs, those of tokens without a place by nothing.

    Attributes:
        cos: (N, 1 or heads, d), of images alike, or (B, N, 1 or heads, d).
        sin: the same, with the sign that the other channel of a pair enters with.
        half: a pair is a channel of the first half and its like of the second, instead of two neighbours.
    """

    cos: Tensor
    sin: Tensor
    half: bool

    @classmethod
    def of(cls, angles: Tensor, *, before: int, count: int, half: bool) -> Rotation:
        """From sines and cosines, as timm keeps them.

        Args:
            angles: ([[B,] heads,] h * w, 2d), sines in front of cosines.
            before: number of tokens in front of the patches, which are not turned.
            count: number of all tokens, N; what stands behind the patches is not turned either.
        """
        angles = (angles[None] if angles.dim() == 2 else angles).transpose(-3, -2)  # ([B,] h * w, heads, 2d)
        margins = (0, 0, 0, 0, before, count - before - angles.shape[-3])
        sin, cos = angles.chunk(2, dim=-1)
        sign = torch.ones_like(sin)
        (sign[..., :sign.shape[-1] // 2] if half else sign[..., ::2]).neg_()
        return cls(F.pad(cos, margins, value=1.), F.pad(sin * sign, margins), half)

    def __call__(self, heads: Tensor) -> Tensor:
        """Queries or keys (B, n, heads, d) of the first n of N tokens, turned."""
        cos, sin = (table[..., :heads.shape[1], :, :] for table in (self.cos, self.sin))
        if self.half:
            others = heads.roll(heads.shape[-1] // 2, dims=-1)
        else:
            others = heads.unflatten(-1, (-1, 2)).flip(-1).flatten(-2)
        return torch.addcmul(heads * cos, others, sin).to(heads.dtype)


def rotate_pairs(qkv: Tensor, heads: int, rotation: Rotation) -> Tensor:
    """Queries, keys and values (B, N, 3C), of which queries and keys are turned at once, by angles of all heads."""
    both, values = qkv.split((2 * qkv.shape[-1] // 3, qkv.shape[-1] // 3), dim=-1)
    return torch.cat([rotation(both.unflatten(-1, (2 * heads, -1))).flatten(2), values], dim=-1)
