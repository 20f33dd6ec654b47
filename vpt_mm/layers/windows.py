"""attend_in_windows(): Swin's shifted windows, in each of which tokens also see prompts."""
from __future__ import annotations

from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import UsageError
from .heads import attend_heads
from .kept import Kept


def attend_in_windows(attn: Any, tokens: Tensor, grid: tuple[int, int], seen: Tensor | None = None, *,
                      keep: int | None = None, rebuild: bool = True, kept: Kept | None = None) -> Tensor:
    """Shifted-window self-attention (Liu et al. 2021) in which every window also sees the prompts.

    Prompts have no place in the image: relative-position bias and shift mask are zero for them. What a window
    computes at the prompts of VPT-deep is discarded (Jia et al. 2022, section 3.2), so these are keys and
    values only. Prompts that travel on, at the end of ``tokens``, attend in every window and come out as the
    mean over the windows of their image. All are projected once, not once for each window.

    Args:
        attn: mmpretrain's ``ShiftWindowMSA``.
        tokens: (B, h * w + T, C), normalised by the block; the last T are prompts that travel on.
        grid: (h, w) of the map.
        seen: keys and values of prompts, (1 or B, P, 2, C).
        keep: number of leading tokens whose output is needed: h * w, or all of them by default.
        rebuild: for the backward pass, join keys and values with the prompts' again instead of keeping them;
            False where the whole block is checkpointed.
        kept: where the bias of a frozen table is kept from pass to pass; it is made anew by default.

    Returns:
        (B, keep, C).

    Raises:
        UsageError: a map smaller than the window without ``pad_small_map``.
    """
    msa, count = attn.w_msa, grid[0] * grid[1]
    windows = Windows(attn, grid)
    qkv = msa.qkv(windows.split(tokens[:, :count]))  # (B, W, N, 3C)
    seen = None if seen is None else seen[:, None].to(qkv.dtype)
    guests = msa.qkv(tokens[:, count:])[:, None] if tokens.shape[1] > count else None  # (B, 1, T, 3C)
    if guests is not None and keep == count:  # nobody asks for what becomes of them: keys and values
        guests = guests.unflatten(-1, (3, -1))[..., 1:, :]
        seen = guests if seen is None else torch.cat([guests, seen.expand(len(guests), -1, -1, -1, -1)], dim=2)
        guests = None
    mixed = _mix(msa, windows, qkv, seen, guests, rebuild, kept)  # (B, W, N [+ T], C)
    merged = windows.merge(mixed[:, :, :windows.area])
    if guests is not None:
        merged = torch.cat([merged, mixed[:, :, windows.area:].mean(dim=1)], dim=1)
    return attn.drop(msa.proj_drop(msa.proj(merged)))


def _mix(msa: Any, windows: Windows, qkv: Tensor, seen: Tensor | None, guests: Tensor | None, rebuild: bool,
         kept: Kept | None) -> Tensor:
    """What every window reads from itself and the prompts: (B, W, N [+ T], C)."""
    batch, count, queries, _ = qkv.shape
    queries += 0 if guests is None else guests.shape[2]
    fold = bool(windows.shift) and batch > 1  # one mask for the windows of all images
    bias = windows.bias(msa, queries, queries + (0 if seen is None else seen.shape[2]), fold=fold, like=qkv, kept=kept)
    attention = partial(F.scaled_dot_product_attention, attn_mask=bias, scale=msa.scale,
                        dropout_p=msa.attn_drop.p if msa.attn_drop.training else 0.)
    mixed = attend_heads(attention, qkv, seen, msa.num_heads, guests=guests, fold=fold, rebuild=rebuild)
    mixed = mixed.unflatten(1, (count, -1)) if fold else mixed.unflatten(0, (batch, count))
    return mixed.transpose(2, 3).flatten(3)


class Windows:
    """How a map of h x w tokens falls into W windows of N: padded right and below, cyclically shifted."""

    def __init__(self, attn: Any, grid: tuple[int, int]) -> None:
        if min(grid) < attn.window_size and not attn.pad_small_map:
            raise UsageError(f'a map of {grid[0]}x{grid[1]} tokens is smaller than the window of {attn.window_size}: '
                             'take larger images, or set pad_small_map=True on the backbone (for dense prediction).')
        whole = min(grid) == attn.window_size and not attn.pad_small_map
        self.grid, self.side = grid, attn.window_size
        self.area = self.side ** 2  # N
        self.shift = 0 if whole else attn.shift_size
        self.rows, self.columns = (-(-extent // self.side) for extent in grid)

    def split(self, tokens: Tensor) -> Tensor:
        """(B, h * w, C) to (B, W, N, C)."""
        tokens = tokens.unflatten(1, self.grid)
        below, right = self.rows * self.side - self.grid[0], self.columns * self.side - self.grid[1]
        if below or right:
            tokens = F.pad(tokens, (0, 0, 0, right, 0, below))
        if self.shift:
            tokens = tokens.roll((-self.shift, -self.shift), dims=(1, 2))
        tokens = tokens.unflatten(2, (self.columns, self.side)).unflatten(1, (self.rows, self.side))
        return tokens.transpose(2, 3).flatten(3, 4).flatten(1, 2)

    def merge(self, windows: Tensor) -> Tensor:
        """(B, W, N, C) to (B, h * w, C)."""
        tokens = windows.unflatten(2, (self.side, self.side)).unflatten(1, (self.rows, self.columns))
        tokens = tokens.transpose(2, 3).flatten(3, 4).flatten(1, 2)
        if self.shift:
            tokens = tokens.roll((self.shift, self.shift), dims=(1, 2))
        return tokens[:, :self.grid[0], :self.grid[1]].flatten(1, 2)

    def bias(self, msa: Any, queries: int, keys: int, *, fold: bool, like: Tensor, kept: Kept | None = None) -> Tensor:
        """Relative positions and shift mask, zero for prompts.

        A table that nothing trains gives the same bias in every pass: it is kept.

        Returns:
            (1, heads, queries, keys), or (W, heads, queries, keys) where windows are shifted, or (1, W * heads,
            queries, keys) with ``fold``.
        """
        table = msa.relative_position_bias_table
        make = partial(self._make_bias, msa, queries, keys, fold, like.dtype)
        if kept is None or table.requires_grad:
            return make()
        with torch.no_grad():
            return kept.get(msa, make, frozen=[table], given=(self.grid, queries, keys, fold, like.dtype))

    def _make_bias(self, msa: Any, queries: int, keys: int, fold: bool, dtype: torch.dtype) -> Tensor:
        table = msa.relative_position_bias_table[msa.relative_position_index]  # (N, N, heads)
        bias = table.permute(2, 0, 1).to(dtype)[None]
        if self.shift:
            bias = bias + self.shift_mask(bias)[:, None]
        bias = pad_bias(bias, queries, keys)
        return bias.flatten(0, 1)[None] if fold else bias

    def shift_mask(self, like: Tensor) -> Tensor:
        """(W, N, N): -100, as in mmpretrain, between tokens that the shift brought together."""
        lines = [torch.arange(count * self.side, device=like.device) for count in (self.rows, self.columns)]
        down, across = ((line >= len(line) - self.side).int() + (line >= len(line) - self.shift) for line in lines)
        regions = (3 * down[:, None] + across).view(self.rows, self.side, self.columns, self.side)
        regions = regions.transpose(1, 2).reshape(-1, self.area)
        return (regions[:, None] != regions[:, :, None]).to(like.dtype) * -100


def pad_bias(bias: Tensor, queries: int, keys: int) -> Tensor:
    """(..., N, N), which tokens have for each other, to (..., queries, keys): zero for all that stands behind them."""
    aligned = -(-keys // 8) * 8  # rows begin at multiples of 8, which fused kernels ask for
    return F.pad(bias, (0, aligned - bias.shape[-1], 0, queries - bias.shape[-2]))[..., :keys]
