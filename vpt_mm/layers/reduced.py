"""Attention whose keys and values are of a coarser map (Wang et al. 2021, section 3.3), and FFNs with a convolution."""
from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from .updated import pointwise


def reduce_patches(attn: Any, tokens: Tensor, grid: tuple[int, int]) -> Tensor:
    """The tokens that keys and values are made of: patches that are reduced and normed, and behind them what travels.

    Prompts have no place in the image, so nothing reduces them.

    Args:
        attn: has ``sr_ratio`` and, where that is above 1, the convolution ``sr`` and the ``norm`` behind it.
        tokens: (B, h * w + T, C), normalised by the block; the last T are prompts that travel on.
        grid: (h, w) of the map.

    Returns:
        (B, N' + T, C).
    """
    if attn.sr_ratio <= 1:
        return tokens
    count = grid[0] * grid[1]
    reduced = attn.norm(attn.sr(as_map(tokens[:, :count], grid)).flatten(2).transpose(1, 2))
    return reduced if tokens.shape[1] == count else torch.cat([reduced, tokens[:, count:]], dim=1)


def mix_channels(layers: nn.Sequential, tokens: Tensor, grid: tuple[int, int]) -> Tensor:
    """An FFN of convolutions: pointwise ones for all tokens, those that need a place for patches alone.

    Args:
        layers: of (B, C, h, w); a convolution that is not pointwise is depth-wise and keeps the size.
        tokens: (B, h * w + T, C); the last T are prompts that travel on.
        grid: (h, w) of the map.

    Returns:
        (B, h * w + T, C).
    """
    count = grid[0] * grid[1]
    for layer in layers:
        if not isinstance(layer, nn.Conv2d):
            tokens = layer(tokens)
        elif layer.kernel_size == (1, 1):
            tokens = pointwise(layer, tokens)
        else:
            patches = layer(as_map(tokens[:, :count], grid)).flatten(2).transpose(1, 2)
            tokens = patches if tokens.shape[1] == count else torch.cat([patches, tokens[:, count:]], dim=1)
    return tokens


def as_map(tokens: Tensor, grid: tuple[int, int]) -> Tensor:
    """(B, h * w, C) to (B, C, h, w)."""
    return tokens.transpose(1, 2).unflatten(2, grid)
