"""attend_in_windows(): Swin's shifted windows, in each of which tokens also see prompts."""
from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import UsageError
from .heads import attend_heads, tempered
from .kept import Kept


def attend_in_windows(attn: Any, tokens: Tensor, grid: tuple[int, int], seen: Tensor | None = None, *,
                      keep: int | None = None, rebuild: bool = True, kept: Kept | None = None,
                      temperature: Tensor | None = None) -> Tensor:
    """Shifted-window self-attention (Liu et al. 2021) in which every window also sees the prompts.

    Prompts have no place in the image: relative-position bias and shift mask are zero for them.

    Args:
        attn: mmpretrain's ``ShiftWindowMSA``.
        tokens: (B, h * w + T, C), normalised by the block; the last T are prompts that travel on.
        grid: (h, w) of the map.
        seen: keys and values of prompts, (1 or B, P, 2, C).
        keep: number of leading tokens whose output is needed: h * w, or all of them by default.
        rebuild: for the backward pass, join keys and values with the prompts' again instead of keeping them;
            False where the whole block is checkpointed.
        kept: where the bias of a frozen table is kept from pass to pass; it is made anew by default.
        temperature: a number that queries are divided by; the bias is not.

    Returns:
        (B, keep, C).

    Raises:
        UsageError: a map smaller than the window without ``pad_small_map``.
    """
    msa, windows = attn.w_msa, windows_of(attn, grid)
    attention = tempered(partial(F.scaled_dot_product_attention, scale=msa.scale,
                                 dropout_p=msa.attn_drop.p if msa.attn_drop.training else 0.), temperature)
    mixed = mix_in_windows(attention, windows, msa.qkv, tokens, seen, msa.num_heads, keep=keep, rebuild=rebuild,
                           bias=partial(_bias, msa, windows, kept), varied=bool(windows.shift))
    return attn.drop(msa.proj_drop(msa.proj(mixed)))


def _bias(msa: Any, windows: Windows, kept: Kept | None, queries: int, keys: int, *, fold: bool,
          dtype: torch.dtype) -> Tensor:
    """Relative positions and shift mask; a table that nothing trains gives the same in every pass: it is kept."""
    table = msa.relative_position_bias_table

    def make() -> Tensor:
        own = table[msa.relative_position_index].permute(2, 0, 1)  # (heads, N, N)
        return windows.spread(own.to(dtype)[None], queries, keys, fold=fold)

    if kept is None or table.requires_grad:
        return make()
    with torch.no_grad():
        return kept.get(msa, make, frozen=[table], given=(windows.grid, queries, keys, fold, dtype))


def mix_in_windows(attention: Callable[..., Tensor], windows: Windows, project: Callable[[Tensor], Tensor],
                   tokens: Tensor, seen: Tensor | None, heads: int, *, bias: Callable[..., Tensor | None] | None = None,
                   varied: bool = False, keep: int | None = None, rebuild: bool = True) -> Tensor:
    """What every token reads from its window and from the prompts.

    What a window computes at the prompts of VPT-deep is discarded (Jia et al. 2022, section 3.2), so these are keys and
    values only. Prompts that travel on, at the end of ``tokens``, attend in every window and come out as the mean over
    the windows of their image. All are projected once, not once for each window.

    Args:
        attention: function of queries, keys, values and ``attn_mask``, such as scaled dot products.
        project: tokens to queries, keys and values, (..., 3C).
        tokens: (B, h * w + T, C).
        seen: keys and values of prompts, (1 or B, P, 2, C).
        bias: function of the numbers of queries and of keys, ``fold`` and ``dtype``: what is added to the products, as
            :meth:`Windows.spread` returns it, or None; nothing by default.
        varied: it differs from window to window.
        keep: number of leading tokens whose output is needed: h * w, or all of them by default.
        rebuild: for the backward pass, join keys and values again instead of keeping them.

    Returns:
        (B, keep, C).
    """
    count = windows.grid[0] * windows.grid[1]
    qkv = project(windows.split(tokens[:, :count]))  # (B, W, N, 3C)
    seen = None if seen is None else seen[:, None].to(qkv.dtype)
    guests = project(tokens[:, count:])[:, None] if tokens.shape[1] > count else None  # (B, 1, T, 3C)
    if guests is not None and keep == count:  # nobody asks for what becomes of them: keys and values
        guests = guests.unflatten(-1, (3, -1))[..., 1:, :]
        seen = guests if seen is None else torch.cat([guests, seen.expand(len(guests), -1, -1, -1, -1)], dim=2)
        guests = None
    queries = qkv.shape[2] + (0 if guests is None else guests.shape[2])
    fold = varied and len(qkv) > 1  # one mask for the windows of all images
    keys = queries + (0 if seen is None else seen.shape[2])
    mask = None if bias is None else bias(queries, keys, fold=fold, dtype=qkv.dtype)
    mixed = attend_heads(partial(attention, attn_mask=mask), qkv, seen, heads, guests=guests, fold=fold,
                         rebuild=rebuild)
    mixed = mixed.unflatten(1, (qkv.shape[1], -1)) if fold else mixed.unflatten(0, qkv.shape[:2])
    mixed = mixed.transpose(2, 3).flatten(3)  # (B, W, N [+ T], C)
    merged = windows.merge(mixed[:, :, :windows.area])
    return merged if guests is None else torch.cat([merged, mixed[:, :, windows.area:].mean(dim=1)], dim=1)


def windows_of(attn: Any, grid: tuple[int, int]) -> Windows:
    """The windows of mmpretrain's ``ShiftWindowMSA`` on a map of (h, w)."""
    if min(grid) < attn.window_size and not attn.pad_small_map:
        raise UsageError(f'a map of {grid[0]}x{grid[1]} tokens is smaller than the window of {attn.window_size}: '
                         'take larger images, or set pad_small_map=True on the backbone (for dense prediction).')
    whole = min(grid) == attn.window_size and not attn.pad_small_map
    return Windows(grid, attn.window_size, 0 if whole else attn.shift_size)


class Windows:
    """How a map of h x w tokens falls into W windows of N: padded right and below, cyclically shifted.

    Args:
        grid: (h, w).
        side: of a window, in tokens.
        shift: by how much the map is shifted up and left.
    """

    def __init__(self, grid: tuple[int, int], side: int, shift: int = 0) -> None:
        self.grid, self.side, self.shift = grid, side, shift
        self.sides = side, side
        self.area = side ** 2  # N
        self.rows, self.columns = (-(-extent // side) for extent in grid)

    @property
    def padding(self) -> tuple[int, int]:
        """Rows below and columns at the right that are none of the map's."""
        return self.rows * self.side - self.grid[0], self.columns * self.side - self.grid[1]

    def split(self, tokens: Tensor) -> Tensor:
        """(B, h * w, C) to (B, W, N, C)."""
        tokens, (below, right) = tokens.unflatten(1, self.grid), self.padding
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

    def spread(self, bias: Tensor, queries: int, keys: int, *, fold: bool) -> Tensor:
        """Biases of tokens for each other and the shift mask, zero for prompts.

        Args:
            bias: (1, heads, N, N).
            queries: of a window, N and what travels.
            keys: of a window.
            fold: windows become heads.

        Returns:
            (1, heads, queries, keys), or (W, heads, queries, keys) where windows are shifted, or (1, W * heads,
            queries, keys) with ``fold``.
        """
        if self.shift:
            bias = bias + self.shift_mask(bias)[:, None]
        bias = pad_bias(bias, queries, keys)
        return bias.flatten(0, 1)[None] if fold else bias

    def shift_mask(self, like: Tensor) -> Tensor:
        """(W, N, N): -100, as in mmpretrain, between tokens that the shift brought together."""
        lines = [torch.arange(count * self.side, device=like.device) for count in (self.rows, self.columns)]
        down, across = ((line >= len(line) - self.side).int() + (line >= len(line) - self.shift) for line in lines)
        regions = (3 * down[:, None] + across).view(1, -1, 1)
        regions = Windows((len(lines[0]), len(lines[1])), self.side).split(regions)[0, :, :, 0]  # (W, N)
        return (regions[:, None] != regions[:, :, None]).to(like.dtype) * -100


class Whole(Windows):
    """One window, the whole map.

    Args:
        grid: (h, w).
    """

    def __init__(self, grid: tuple[int, int]) -> None:
        super().__init__(grid, max(grid))
        self.sides, self.area = grid, grid[0] * grid[1]

    def split(self, tokens: Tensor) -> Tensor:
        return tokens[:, None]

    def merge(self, windows: Tensor) -> Tensor:
        return windows[:, 0]


def pad_bias(bias: Tensor, queries: int, keys: int) -> Tensor:
    """(..., N, N), which tokens have for each other, to (..., queries, keys): zero for all that stands behind them."""
    aligned = -(-keys // 8) * 8  # rows begin at multiples of 8, which fused kernels ask for
    return F.pad(bias, (0, aligned - bias.shape[-1], 0, queries - bias.shape[-2]))[..., :keys]
