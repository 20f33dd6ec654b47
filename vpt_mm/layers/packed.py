"""attend_packed(): self-attention by the weights of ``nn.MultiheadAttention``, whose tokens also see prompts."""
from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch.nn.functional as F
from torch import Tensor, nn

from .heads import attend_across, attend_heads, attend_pairs, tempered
from .updated import linear_rows


class PackedProjection:
    """Queries, keys and values of ``nn.MultiheadAttention`` as a linear layer: (..., C) to (..., 3C).

    Args:
        attn: its keys and values are as wide as its queries.
    """

    def __init__(self, attn: nn.MultiheadAttention) -> None:
        self.weight: Tensor = attn.in_proj_weight
        self.bias: Tensor | None = attn.in_proj_bias
        self.in_features = attn.embed_dim

    def parameters(self) -> Iterator[Tensor]:
        yield self.weight
        if self.bias is not None:
            yield self.bias


def attend_packed(attn: nn.MultiheadAttention, tokens: Tensor, seen: Tensor | None = None, *,
                  others: Tensor | None = None, rebuild: bool = True, temperature: Tensor | None = None) -> Tensor:
    """Multi-head attention in which every token also sees the prompts.

    Args:
        attn: its weights alone are read, but ``out_proj``, which is called.
        tokens: (B, N, C).
        seen: keys and values of prompts, (1 or B, P, 2, C).
        others: (B, M, C), what keys and values are made of; the tokens themselves by default.
        rebuild: for the backward pass, join keys and values with the prompts' again instead of keeping them.
        temperature: a number that queries are divided by.

    Returns:
        (B, N, C).
    """
    packed, width, heads = PackedProjection(attn), attn.embed_dim, attn.num_heads
    attention = tempered(partial(F.scaled_dot_product_attention, dropout_p=attn.dropout if attn.training else 0.),
                         temperature)
    if others is None:
        mixed = attend_heads(attention, linear_rows(packed, tokens), seen, heads, rebuild=rebuild)
    else:
        query, pairs = linear_rows(packed, tokens, slice(width)), linear_rows(packed, others, slice(width, None))
        mixed = attend_pairs(attention, query, pairs, seen, heads)
    branch: Tensor = attn.out_proj(mixed.transpose(1, 2).flatten(2))
    return branch


def cross_packed(attn: nn.MultiheadAttention, tokens: Tensor, seen: Tensor) -> Tensor:
    """What :func:`attend_packed` gives where tokens (B, N, C) see prompts, (1 or B, P, 2, C), and not each other."""
    attention = partial(F.scaled_dot_product_attention, dropout_p=attn.dropout if attn.training else 0.)
    query = linear_rows(PackedProjection(attn), tokens, slice(attn.embed_dim))
    branch: Tensor = attn.out_proj(attend_across(attention, query, seen, attn.num_heads))
    return branch
