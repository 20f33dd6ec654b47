"""attend(): tokens that see prompts as extra keys and values."""
from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from .heads import attend_across, attend_heads, tempered
from .updated import linear_rows


class Group(NamedTuple):
    """Neighbours in a mixed batch with as many tokens and prompts each; several groups make a batch.

    Attributes:
        images: slice of the batch.
        tokens: number of leading tokens that are an image's own; what stands behind them is padding.
        seen: keys and values of prompts, (1 or images, P, 2, C); None for none.
    """

    images: slice
    tokens: int
    seen: Tensor | None


def attend(attn: Any, tokens: Tensor, seen: Tensor | list[Group] | None = None, *, keep: int | None = None,
           rebuild: bool = True, mask: Tensor | None = None, temperature: Tensor | None = None) -> Tensor:
    """Multi-head self-attention in which every token also sees the prompts.

    A block's output at prompt positions is discarded in VPT-deep (Jia et al. 2022, section 3.2), so prompts
    need no queries, no projection and no FFN: this is equal to prepending them, and cheaper.

    Args:
        attn: mmpretrain's ``MultiheadAttention``.
        tokens: (B, N, C), normalised by the block.
        seen: keys and values of prompts, (1 or B, P, 2, C), or a list of :class:`Group` that have such: then the
            products alone are computed group by group.
        keep: number of leading tokens whose output is needed; all of them by default.
        rebuild: for the backward pass, join keys and values with the prompts' again instead of keeping them;
            False where the whole block is checkpointed.
        mask: bool, (keep, N + P), True where a token sees another; all see all by default. Not for groups.
        temperature: a number that queries are divided by. Not for groups.

    Returns:
        (B, keep, C).
    """
    qkv = attn.qkv(tokens)
    if isinstance(seen, list):
        mixed = torch.cat([_mix_group(attn, qkv, group, keep or tokens.shape[1]) for group in seen])
    else:
        mixed = _mix(attn, qkv, seen, keep, rebuild, mask, temperature)
    return attn.out_drop(attn.gamma1(attn.proj_drop(attn.proj(mixed))))


def attend_scaled(attn: Any, qkv: Tensor, seen: Tensor | None = None, *, mask: Tensor | None = None,
                  rebuild: bool = True, temperature: Tensor | None = None) -> Tensor:
    """The same for attentions that have a scale of their own, from queries, keys and values.

    Args:
        attn: has ``num_heads``, ``scale``, ``attn_drop``, ``proj`` and ``proj_drop``.
        qkv: (B, N, 3C).
        seen: keys and values of prompts, (1 or B, P, 2, C).
        mask: added to the products, or bool; it can be broadcast to (B, heads, N, N + P).
        rebuild: as for :func:`attend`.
        temperature: a number that queries are divided by.

    Returns:
        (B, N, C).
    """
    attention = partial(F.scaled_dot_product_attention, attn_mask=mask, scale=attn.scale,
                        dropout_p=attn.attn_drop.p if attn.training else 0.)
    mixed = attend_heads(tempered(attention, temperature), qkv, seen, attn.num_heads, rebuild=rebuild)
    branch: Tensor = attn.proj_drop(attn.proj(mixed.transpose(1, 2).flatten(2)))
    return branch


def cross(attn: Any, tokens: Tensor, seen: Tensor) -> Tensor:
    """What :func:`attend` gives where tokens see the prompts ``seen`` and not each other.

    Its cost is linear in the numbers of both.

    Args:
        attn: mmpretrain's ``MultiheadAttention``.
        tokens: (B, N, C), normalised by the block.
        seen: keys and values of prompts, (1 or B, P, 2, C).

    Returns:
        (B, N, C).
    """
    attention = partial(attn.scaled_dot_product_attention, dropout_p=attn.attn_drop if attn.training else 0.)
    mixed = attend_across(attention, queries_of(attn, tokens), seen, attn.num_heads)
    return attn.out_drop(attn.gamma1(attn.proj_drop(attn.proj(mixed))))


def cross_scaled(attn: Any, query: Tensor, seen: Tensor) -> Tensor:
    """The same for the attentions of :func:`attend_scaled`, from queries (B, N, C)."""
    attention = partial(F.scaled_dot_product_attention, scale=attn.scale,
                        dropout_p=attn.attn_drop.p if attn.attn_drop.training else 0.)
    branch: Tensor = attn.proj_drop(attn.proj(attend_across(attention, query, seen, attn.num_heads)))
    return branch


def queries_of(attn: Any, tokens: Tensor, *, bias: Tensor | None = None) -> Tensor:
    """(B, N, C) to queries (B, N, C) by ``attn.qkv``; ``bias``, (C,), where that has none of its own."""
    return linear_rows(attn.qkv, tokens, slice(attn.qkv.weight.shape[0] // 3), bias=bias)


def _mix(attn: Any, qkv: Tensor, seen: Tensor | None, keep: int | None, rebuild: bool,
         mask: Tensor | None = None, temperature: Tensor | None = None) -> Tensor:
    """What queries read from the tokens' own keys and values and from the prompts': (B, keep, C)."""
    attention = partial(attn.scaled_dot_product_attention, attn_mask=mask,
                        dropout_p=attn.attn_drop if attn.training else 0.)
    mixed = attend_heads(tempered(attention, temperature), qkv, seen, attn.num_heads, keep=keep, rebuild=rebuild)
    return mixed.transpose(1, 2).flatten(2)


def _mix_group(attn: Any, qkv: Tensor, group: Group, keep: int) -> Tensor:
    """:func:`_mix` of a group; what stands behind its tokens comes out as zeros."""
    mixed = _mix(attn, qkv[group.images, :group.tokens], group.seen, min(keep, group.tokens), rebuild=False)
    return F.pad(mixed, (0, 0, 0, keep - mixed.shape[1]))
