"""Blocks of Swin V2 (Liu et al. 2022), of mmpretrain: cosine attention, biases by a network, norms behind."""
from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ...layers.attention import queries_of
from ...layers.ffn import ffn_branch
from ...layers.heads import attend_across, tempered
from ...layers.projection import Projection
from ...layers.updated import linear_rows, weights_of
from ...layers.windows import Windows, mix_in_windows, windows_of
from .kind import BlockKind, Call


class SwinV2(BlockKind):
    """No norm stands in front of attention, so prompts enter it as they are.

    All keys are normalised, those that a method gives included. Relative positions and the shift mask are zero for
    prompts. What travels attends in every window and comes out as the mean over the windows; it stays behind where
    merging patches changes the width, before the first block of a stage.
    """

    classes = ('mmpretrain.models.backbones.swin_transformer_v2.SwinBlockV2',)

    def projection(self, block: Any) -> Projection:
        msa = block.attn.w_msa
        return Projection(None, msa.qkv, (None, msa.v_bias))

    def norms(self, block: Any) -> tuple[Any, Any]:
        return None, None

    def attention(self, call: Call, tokens: Tensor) -> Tensor:
        attn, msa = call.block.attn, call.block.attn.w_msa
        windows = windows_of(attn, call.grid)
        bias = None if msa.q_bias is None else torch.cat([msa.q_bias, torch.zeros_like(msa.v_bias), msa.v_bias])
        attention = partial(_attend, msa, temperature=call.temperature)
        mixed = mix_in_windows(attention, windows, partial(linear_rows, msa.qkv, bias=bias), tokens, call.seen,
                               msa.num_heads, bias=partial(_positions, call, windows),
                               varied=bool(windows.shift), rebuild=call.rebuild)
        return call.block.norm1(attn.drop(msa.proj_drop(msa.proj(mixed))))

    def cross(self, call: Call, tokens: Tensor, seen: Tensor) -> Tensor:
        attn, msa = call.block.attn, call.block.attn.w_msa
        mixed = attend_across(partial(_attend, msa), queries_of(msa, tokens, bias=msa.q_bias), seen, msa.num_heads)
        return call.block.norm1(attn.drop(msa.proj_drop(msa.proj(mixed))))

    def ffn(self, call: Call, tokens: Tensor) -> Tensor:
        return call.block.norm2(ffn_branch(call.block.ffn, tokens))

    def finish(self, call: Call, tokens: Tensor) -> Tensor:
        return call.block.norm3(tokens) if call.block.extra_norm else tokens

    def computed(self, block: Any) -> Sequence[str]:
        return 'attn.w_msa.relative_coords_table', 'attn.w_msa.relative_position_index'


def _attend(msa: Any, query: Tensor, key: Tensor, value: Tensor, *,
            attn_mask: Tensor | None = None, temperature: Tensor | None = None) -> Tensor:
    """Scaled cosines as products: (B, heads, N, d), where windows may be heads."""
    scale = msa.logit_scale.clamp(max=math.log(100)).exp()  # the class's own bound
    if query.shape[1] != msa.num_heads:
        scale = scale.repeat(query.shape[1] // msa.num_heads, 1, 1)
    query, key = (F.normalize(query, dim=-1) * scale).to(value.dtype), F.normalize(key, dim=-1).to(value.dtype)
    dropout = msa.attn_drop.p if msa.attn_drop.training else 0.
    attention = tempered(F.scaled_dot_product_attention, temperature)
    return attention(query, key, value, attn_mask=attn_mask, scale=1., dropout_p=dropout)


def _positions(call: Call, windows: Windows, queries: int, keys: int, *, fold: bool, dtype: torch.dtype) -> Tensor:
    msa = call.block.attn.w_msa
    weights = [weight for layer in msa.cpb_mlp for weight in weights_of(layer)]

    def make() -> Tensor:
        table = msa.cpb_mlp(msa.relative_coords_table).flatten(0, 2)
        own = 16 * table[msa.relative_position_index].permute(2, 0, 1).sigmoid()  # (heads, N, N)
        return windows.spread(own.to(dtype)[None], queries, keys, fold=fold)

    if any(weight.requires_grad for weight in weights):
        return make()
    with torch.no_grad():
        return call.kept.get(msa, make, frozen=[*weights, msa.relative_coords_table],
                             given=(windows.grid, queries, keys, fold, dtype))
