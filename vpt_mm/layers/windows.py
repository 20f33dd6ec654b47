"""attend_in_windows(): Swin's shifted windows, in each of which tokens also see prompts."""
from contextlib import nullcontext
from functools import partial

import torch
import torch.nn.functional as F

from ..errors import UsageError
from .linear import linear_rows
from .rebuilt import rebuilt


def attend_in_windows(attn, tokens, hw, seen=None, *, read=None, rebuild=True):
    """Shifted-window self-attention (Liu et al. 2021) in which every window also sees the prompts.

    Prompts have no place in the image: relative-position bias and shift mask are zero for them. What a window
    computes at the prompts of VPT-deep is discarded (Jia et al. 2022, section 3.2), so these are keys and
    values only. Prompts that travel on, at the end of ``tokens``, attend in every window and come out as the
    mean over the windows of their image. All are projected once, not once for each window.

    Args:
        attn: mmpretrain's ``ShiftWindowMSA``.
        tokens: (B, h * w + T, C), normalised by the block; the last T are prompts that travel on.
        hw: (h, w) of the map.
        seen: keys and values of prompts (:func:`project_in_windows`), shared by the batch or one for each image.
        read: number of leading tokens whose output is needed: h * w, or all of them by default.
        rebuild: for the backward pass, repeat the copies for each window instead of keeping them; False where
            the whole block is checkpointed.

    Returns:
        (B, read, C).

    Raises:
        UsageError: a map smaller than the window without ``pad_small_map``.
    """
    msa, count, total = attn.w_msa, hw[0] * hw[1], tokens.shape[1]
    read = total if read is None else read
    windows = Windows(attn, hw)
    own = _heads(msa, msa.qkv(windows.split(tokens[:, :count])))  # three of (B, W, heads, N, d)
    shared = _share(msa, tokens[:, count:], seen)
    if read < total:
        shared[0] = None
    mixed = _mix(msa, windows, own, shared, rebuild).unflatten(0, own[0].shape[:2])  # (B, W, N [+ T], C)
    merged = windows.merge(mixed[:, :, :windows.area])
    if shared[0] is not None:
        merged = torch.cat([merged, mixed[:, :, windows.area:].mean(dim=1)], dim=1)
    return attn.drop(msa.proj_drop(msa.proj(merged)))


def project_in_windows(msa, prompts):
    """(P, C) or (B, P, C), normalised by the block, to keys and values (1 or B, 1, heads, P, C / heads)."""
    return _heads(msa, linear_rows(msa.qkv, prompts.reshape(-1, 1, *prompts.shape[-2:]), slice(msa.embed_dims, None)))


def split_in_windows(msa, prefixes):
    """Keys and values (2, P, C) to (2, 1, 1, heads, P, C / heads)."""
    return prefixes.unflatten(-1, (msa.num_heads, -1)).transpose(1, 2)[:, None, None]


class Windows:
    """How a map of h x w tokens falls into W windows of N: padded right and below, cyclically shifted."""

    def __init__(self, attn, hw):
        if min(hw) < attn.window_size and not attn.pad_small_map:
            raise UsageError(f'a map of {hw[0]}x{hw[1]} tokens is smaller than the window of {attn.window_size}: '
                             'take larger images, or set pad_small_map=True on the backbone (for dense prediction).')
        whole = min(hw) == attn.window_size and not attn.pad_small_map
        self.hw, self.side = hw, attn.window_size
        self.area = self.side ** 2  # N
        self.shift = 0 if whole else attn.shift_size
        self.rows, self.columns = (-(-extent // self.side) for extent in hw)

    def split(self, tokens):
        """(B, h * w, C) to (B, W, N, C)."""
        tokens = tokens.unflatten(1, self.hw)
        below, right = self.rows * self.side - self.hw[0], self.columns * self.side - self.hw[1]
        if below or right:
            tokens = F.pad(tokens, (0, 0, 0, right, 0, below))
        if self.shift:
            tokens = tokens.roll((-self.shift, -self.shift), dims=(1, 2))
        tokens = tokens.unflatten(2, (self.columns, self.side)).unflatten(1, (self.rows, self.side))
        return tokens.transpose(2, 3).flatten(3, 4).flatten(1, 2)

    def merge(self, windows):
        """(B, W, N, C) to (B, h * w, C)."""
        tokens = windows.unflatten(2, (self.side, self.side)).unflatten(1, (self.rows, self.columns))
        tokens = tokens.transpose(2, 3).flatten(3, 4).flatten(1, 2)
        if self.shift:
            tokens = tokens.roll((self.shift, self.shift), dims=(1, 2))
        return tokens[:, :self.hw[0], :self.hw[1]].flatten(1, 2)

    def bias(self, msa, queries, keys, *, batch, dtype):
        """Relative positions and shift mask, zero for prompts: (1 or B * W, heads, queries, keys)."""
        beyond = (0, keys - self.area, 0, queries - self.area)
        table = msa.relative_position_bias_table[msa.relative_position_index]  # (N, N, heads)
        bias = F.pad(table.permute(2, 0, 1).to(dtype), beyond)[None]
        if self.shift:
            bias = (bias + F.pad(self.shift_mask(bias), beyond)[:, None]).repeat(batch, 1, 1, 1)
        return bias

    def shift_mask(self, like):
        """(W, N, N): -100, as in mmpretrain, between tokens that the shift brought together."""
        lines = [torch.arange(count * self.side, device=like.device) for count in (self.rows, self.columns)]
        down, across = ((line >= len(line) - self.side).int() + (line >= len(line) - self.shift) for line in lines)
        regions = (3 * down[:, None] + across).view(self.rows, self.side, self.columns, self.side)
        regions = regions.transpose(1, 2).reshape(-1, self.area)
        return (regions[:, None] != regions[:, :, None]).to(like.dtype) * -100


def _share(msa, travelling, seen):
    """What all windows share, from (B, T, C) that travel and from ``seen``: queries, keys and values, or None."""
    if not travelling.shape[1]:
        return [None, None, None] if seen is None else [None, *seen]
    query, *own = _heads(msa, msa.qkv(travelling[:, None]))
    if seen is not None:
        own = [torch.cat([one, other.expand(len(one), -1, -1, -1, -1)], dim=3) for one, other in zip(own, seen)]
    return [query, *own]


def _heads(msa, projected):
    """(B, W, N, k * C) to k tensors of (B, W, heads, N, C / heads)."""
    split = projected.unflatten(-1, (-1, msa.num_heads, msa.embed_dims // msa.num_heads))
    return split.permute(3, 0, 1, 4, 2, 5)


def _mix(msa, windows, own, shared, rebuild):
    """What every window reads from itself and the prompts: (B * W, N [+ T], C)."""
    makers = [partial(_join, one, other) for one, other in zip(own, shared)]
    query, key, value = (make() for make in makers)
    makers.append(partial(windows.bias, msa, query.shape[2], key.shape[2], batch=len(own[0]), dtype=query.dtype))
    made = [query, key, value, makers[-1]()]
    dropout = msa.attn_drop.p if msa.attn_drop.training else 0.
    with rebuilt(makers, made) if rebuild else nullcontext():
        mixed = F.scaled_dot_product_attention(*made, dropout_p=dropout, scale=msa.scale)
    return mixed.transpose(1, 2).flatten(2)


def _join(own, shared):
    """(B, W, heads, N, d) and (B or 1, 1, heads, M, d) to (B * W, heads, N + M, d)."""
    if shared is not None:
        own = torch.cat([own, shared.expand(*own.shape[:2], -1, -1, -1)], dim=3)
    return own.flatten(0, 1)
