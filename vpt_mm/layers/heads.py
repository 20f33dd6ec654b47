"""attend_heads(): attention from one projection of tokens, and from what they see beside each other."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from .rebuilt import rebuilt

Parts = tuple[Tensor, Tensor, Tensor]  # queries, keys, values


def attend_heads(attention: Callable[[Tensor, Tensor, Tensor], Tensor], qkv: Tensor, seen: Tensor | None, heads: int, *,
                 guests: Tensor | None = None, keep: int | None = None, fold: bool = False,
                 rebuild: bool = True) -> Tensor:
    """``attention`` over the queries, keys and values of :func:`split_heads`.

    Args:
        attention: function of queries, keys and values, such as scaled dot products.
        guests: (B, 1, T, 3C), tokens that stand behind those of every window; None for none.
        rebuild: for the backward pass, join keys and values again instead of keeping them.
        others: as for :func:`split_heads`.
    """
    seen = None if seen is None else seen.to(qkv.dtype)

    def split() -> Parts:
        own = qkv if guests is None else torch.cat([qkv, guests.expand(-1, qkv.shape[1], -1, -1)], dim=2)
        return split_heads(own, seen, heads, keep=keep, fold=fold)

    parts, sources = split(), [source for source in (qkv, guests, seen) if source is not None]
    if not rebuild or len(sources) == 1:
        return attention(*parts)
    copies = 0 if guests is not None else 1  # queries alone are not copied
    with rebuilt(lambda: split()[copies:], parts[copies:], sources):
        return attention(*parts)


def attend_pairs(attention: Callable[[Tensor, Tensor, Tensor], Tensor], query: Tensor, pairs: Tensor,
                 seen: Tensor | None, heads: int) -> Tensor:
    """``attention`` where queries are of other tokens than keys and values, such as of more of them.

    Joined keys and values are kept for the backward pass in place of those that they were joined of.

    Args:
        attention: function of queries, keys and values, such as scaled dot products.
        query: (B, N, C).
        pairs: (B, M, 2C), keys and values.
        seen: (1 or B, P, 2, C), keys and values of P prompts; None for none.
        heads: number of heads, of d = C / heads channels each.

    Returns:
        (B, heads, N, d).
    """
    joined = pairs.unflatten(-1, (2, heads, -1))  # (B, M, 2, heads, d)
    if seen is not None:
        guests = seen.to(pairs.dtype).unflatten(-1, (heads, -1)).expand(len(pairs), *(-1,) * 4)
        joined = torch.cat([joined, guests], dim=1)
    return attention(query.unflatten(-1, (heads, -1)).transpose(1, 2), *_heads_first(joined).unbind(0))


def tempered(attention: Callable[..., Tensor], temperature: Tensor | None) -> Callable[..., Tensor]:
    """``attention`` whose queries are divided by a number."""
    if temperature is None:
        return attention
    return lambda query, key, value, **given: attention(query / temperature, key, value, **given)


def attend_across(attention: Callable[[Tensor, Tensor, Tensor], Tensor], query: Tensor, seen: Tensor,
                  heads: int) -> Tensor:
    """``attention`` of tokens to prompts alone: queries (B, N, C) and ``seen``, (1 or B, P, 2, C), to (B, N, C)."""
    pairs = seen.to(query.dtype).flatten(2).expand(len(query), -1, -1)
    return attend_pairs(attention, query, pairs, None, heads).transpose(1, 2).flatten(2)


def split_heads(qkv: Tensor, seen: Tensor | None, heads: int, *, keep: int | None = None,
                fold: bool = False) -> Parts:
    """Queries of the tokens, and the keys and values that they see, ready for attention.

    Keys and values of tokens and prompts are joined in one copy; without prompts nothing is copied. The gradient of the
    projection is put together in one copy as well.

    Args:
        qkv: (B, [W,] N, 3C), queries, keys and values of N tokens, in each of W windows where there are windows.
        seen: (1 or B, [1,] P, 2, C), keys and values of P prompts; None for none.
        heads: number of heads, of d = C / heads channels each.
        keep: number of leading tokens whose queries are needed; all by default.
        fold: windows become heads, so that one mask for all of them serves every image, instead of images.

    Returns:
        (B, heads, keep, d) and twice (B, heads, N + P, d); with windows B is B * W, or heads is W * heads.
    """
    if torch.compiler.is_compiling():
        return _split(qkv, seen, heads, keep, fold)
    return _SplitHeads.apply(qkv, seen, heads, keep, fold)


def _split(qkv: Tensor, seen: Tensor | None, heads: int, keep: int | None, fold: bool) -> Parts:
    own = qkv.unflatten(-1, (3, heads, -1))  # (B, [W,] N, 3, heads, d)
    query, pairs = own[..., :keep, 0, :, :].transpose(-3, -2), own[..., 1:, :, :]
    if seen is None:
        pairs = _heads_first(pairs)
    else:
        guests = seen.unflatten(-1, (heads, -1)).expand(*qkv.shape[:-2], *(-1,) * 4)
        pairs = (torch.cat([_heads_first(pairs), _heads_first(guests)], dim=-2) if fold
                 else _heads_first(torch.cat([pairs, guests], dim=-4)))  # whole rows are copied
    key, value = pairs.unbind(0)
    if fold:
        return query.flatten(1, 2), key.flatten(1, 2), value.flatten(1, 2)
    return query.flatten(0, -4), key.flatten(0, -4), value.flatten(0, -4)


def _heads_first(pairs: Tensor) -> Tensor:
    """(B, [W,] N, 2, heads, d) to (2, B, [W,] heads, N, d)."""
    return pairs.movedim(-3, 0).transpose(-3, -2)


class _SplitHeads(torch.autograd.Function):
    """:func:`_split`, whose gradients autograd would put together slice by slice on tensors of zeros."""

    @staticmethod
    def forward(ctx: Any, qkv: Tensor, seen: Tensor | None, heads: int, keep: int | None, fold: bool) -> Parts:
        ctx.lead, ctx.count = qkv.shape[:-2], qkv.shape[-2]
        ctx.shared = None if seen is None else [dim for dim, size in enumerate(seen.shape[:-3]) if size < ctx.lead[dim]]
        ctx.heads, ctx.fold = heads, fold
        return _split(qkv, seen, heads, keep, fold)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Any, ...]:
        shape = (ctx.lead[1], ctx.heads) if ctx.fold else ctx.lead
        query, key, value = (gradient.unflatten(int(ctx.fold), shape).transpose(-3, -2) for gradient in gradients)
        own = guests = None
        if ctx.needs_input_grad[0]:
            missing = ctx.count - query.shape[-3]
            parts = [F.pad(query, (0, 0, 0, 0, 0, missing)) if missing else query,
                     *(part[..., :ctx.count, :, :] for part in (key, value))]
            own = torch.stack(parts, dim=-3).flatten(-3)
        if ctx.needs_input_grad[1]:
            guests = _sum_pairs(key[..., ctx.count:, :, :], value[..., ctx.count:, :, :], ctx.shared)
        return own, guests, None, None, None


def _sum_pairs(key: Tensor, value: Tensor, shared: list[int]) -> Tensor:
    """Gradients (B, [W,] P, heads, d) of keys and of values, summed over what shared them, to (..., P, 2, C)."""
    if not shared:
        return torch.stack([key, value], dim=-3).flatten(-2)
    shape = [1 if dim in shared else size for dim, size in enumerate(key.shape)]
    pairs = key.new_empty(*shape[:-2], 2, *shape[-2:])
    for index, gradient in enumerate((key, value)):
        torch.sum(gradient, shared, keepdim=True, out=pairs.select(-3, index))
    return pairs.flatten(-2)
