"""rotate(): positions by rotation (Su et al. 2021), for the tokens that have a place."""
from __future__ import annotations

import copy
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor


def rotation_of(rope: Any, grid: tuple[int, int], *, before: int, behind: int) -> tuple[Tensor, Tensor]:
    """Factors of tokens and of their swapped neighbours, (N, 1, 1, d) each: cosines and signed sines.

    Args:
        rope: mmpretrain's ``RotaryEmbeddingFast``, which stays as it is, whatever the grid.
        grid: (h, w) of the patches.
        before: number of tokens in front of the patches, which are not rotated.
        behind: number of those that stand behind them, neither.
    """
    cos, sin = rope.freqs_cos, rope.freqs_sin  # (h * w, d)
    if tuple(rope.patch_resolution) != tuple(grid):
        other = copy.copy(rope)
        other.patch_resolution = grid
        cos, sin = (table.to(cos.device) for table in other.compute_position_embedding())
    sin = torch.stack([-sin[:, ::2], sin[:, 1::2]], dim=-1).flatten(1)
    around = (0, 0, before, behind)
    return F.pad(cos, around, value=1.)[:, None, None], F.pad(sin, around)[:, None, None]


def rotate(qkv: Tensor, heads: int, rotation: tuple[Tensor, Tensor]) -> Tensor:
    """Queries, keys and values (B, N, 3C), of which queries and keys are rotated in pairs of channels."""
    cos, sin = rotation
    parts = qkv.unflatten(-1, (3, heads, -1))  # (B, N, 3, heads, d)
    turned = parts[..., :2, :, :]
    swapped = turned.unflatten(-1, (-1, 2)).flip(-1).flatten(-2)
    turned = torch.addcmul(turned * cos, swapped, sin).to(qkv.dtype)
    return torch.cat([turned, parts[..., 2:, :, :]], dim=2).flatten(2)
