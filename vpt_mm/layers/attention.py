"""attend(): tokens that see prompts as extra keys and values."""
from contextlib import nullcontext
from functools import partial
from typing import NamedTuple

import torch

from .linear import linear_rows
from .rebuilt import rebuilt


class Group(NamedTuple):
    """Neighbours in a mixed batch with as many tokens and prompts each; several groups make a batch.

    Attributes:
        images: slice of the batch.
        tokens: number of leading tokens that are an image's own; what stands behind them is padding.
        prompts: what they see or what joins them, shared or one for each image; None for nothing.
    """

    images: slice
    tokens: int
    prompts: torch.Tensor | None


def attend(attn, tokens, seen=None, *, read=None, rebuild=True):
    """Multi-head self-attention in which every token also sees the prompts.

    A block's output at prompt positions is discarded in VPT-deep (Jia et al. 2022, section 3.2), so prompts
    need no queries, no projection and no FFN: this is equal to prepending them, and cheaper.

    Args:
        attn: mmpretrain's ``MultiheadAttention``.
        tokens: (B, N, C), normalised by the block.
        seen: keys and values of prompts (:func:`project_prompts`), shared by the batch or one for each image, or a
            list of :class:`Group` that have such: then the products alone are computed group by group.
        read: number of leading tokens whose output is needed; all of them by default.
        rebuild: for the backward pass, join keys and values with the prompts' again instead of keeping them;
            False where the whole block is checkpointed.

    Returns:
        (B, read, C).
    """
    if seen is None and read is None:
        return attn(tokens)
    query, key, value = _heads(attn, attn.qkv(tokens)) if read is None else _read_heads(attn, tokens, read)
    if isinstance(seen, list):
        mixed = torch.cat([_mix(attn, query[one.images], key[one.images, :, :one.tokens],
                                value[one.images, :, :one.tokens], one.prompts, rebuild) for one in seen])
    else:
        mixed = _mix(attn, query, key, value, seen, rebuild)
    mixed = attn.proj(mixed.transpose(1, 2).flatten(2))
    return attn.out_drop(attn.gamma1(attn.proj_drop(mixed)))


def _mix(attn, query, key, value, seen, rebuild):
    """What queries (B, heads, N, d) read from the tokens' own keys and values and from the prompts'."""
    extras = (None, None) if seen is None else seen
    makers = [partial(_with_prompts, own, extra) for own, extra in zip((key, value), extras)]
    key, value = made = [make() for make in makers]
    dropout = attn.attn_drop if attn.training else 0.
    with rebuilt(makers, made) if rebuild else nullcontext():
        return attn.scaled_dot_product_attention(query, key, value, dropout_p=dropout)


def project_prompts(attn, prompts):
    """(P, C) or (B, P, C), normalised by the block, to keys and values (1 or B, heads, P, C / heads)."""
    prompts = prompts if prompts.dim() == 3 else prompts[None]
    return _heads(attn, linear_rows(attn.qkv, prompts, slice(attn.embed_dims, None)))


def split_heads(attn, prefixes):
    """Keys and values (2, P, C) to (2, 1, heads, P, C / heads)."""
    return prefixes.unflatten(-1, (attn.num_heads, attn.head_dims)).transpose(1, 2)[:, None]


def _read_heads(attn, tokens, read):
    """Queries of the tokens that are read; keys and values of all."""
    query, = _heads(attn, linear_rows(attn.qkv, tokens[:, :read], slice(None, attn.embed_dims)))
    return query, *_heads(attn, linear_rows(attn.qkv, tokens, slice(attn.embed_dims, None)))


def _heads(attn, projected):
    """(B, N, k * C) to k tensors of (B, heads, N, C / heads)."""
    return projected.unflatten(-1, (-1, attn.num_heads, attn.head_dims)).permute(2, 0, 3, 1, 4)


def _with_prompts(own, extra):
    return own if extra is None else torch.cat([own, extra.expand(len(own), -1, -1, -1)], dim=2)
