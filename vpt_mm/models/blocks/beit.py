"""Blocks of BEiT (Bao et al. 2022): relative positions, biases for queries and values alone, layer scale."""
from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ...layers.attention import attend_scaled, cross_scaled, queries_of
from ...layers.projection import Projection
from ...layers.updated import linear_rows
from ...layers.windows import pad_bias
from .kind import BlockKind, Call, scaled


class BEiT(BlockKind):
    """Prompts and what travels have no place in the image: the bias of relative positions is zero for them."""

    classes = ('mmpretrain.models.backbones.beit.BEiTTransformerEncoderLayer',
               'mmseg.models.backbones.beit.BEiTTransformerEncoderLayer',
               'mmseg.models.backbones.mae.MAETransformerEncoderLayer')

    def projection(self, block: Any) -> Projection:
        attn = block.attn
        biases = (None, attn.v_bias) if attn.bias == 'qv_bias' else (None, None)
        return Projection(self.norms(block)[0], attn.qkv, biases)

    def attention(self, call: Call, tokens: Tensor) -> Tensor:
        attn, block = call.block.attn, call.block
        bias = None
        if attn.bias == 'qv_bias':
            bias = torch.cat([attn.q_bias, torch.zeros_like(attn.v_bias), attn.v_bias])
        qkv = linear_rows(attn.qkv, self.norms(block)[0](tokens), bias=bias)
        mask = positions_of(call, tokens.shape[1], qkv.dtype)
        branch = attend_scaled(attn, qkv, call.seen, mask=mask, rebuild=call.rebuild, temperature=call.temperature)
        return block.drop_path(scaled(branch, block.gamma_1))

    def cross(self, call: Call, tokens: Tensor, seen: Tensor) -> Tensor:
        attn, block = call.block.attn, call.block
        query = queries_of(attn, self.norms(block)[0](tokens), bias=attn.q_bias if attn.bias == 'qv_bias' else None)
        return block.drop_path(scaled(cross_scaled(attn, query, seen), block.gamma_1))

    def ffn(self, call: Call, tokens: Tensor) -> Tensor:
        block = call.block
        return block.drop_path(scaled(block.ffn(self.norms(block)[1](tokens)), block.gamma_2))


def positions_of(call: Call, queries: int, dtype: torch.dtype) -> Tensor | None:
    """(1, heads, queries, keys): the biases of the block's own table and of one that all blocks share, if there are."""
    attn, shared = call.block.attn, call.given.get('rel_pos_bias')
    keys = queries + (0 if call.seen is None else call.seen.shape[1])
    table = getattr(attn, 'relative_position_bias_table', None)
    if table is None:
        return None if shared is None else pad_bias(shared[None].to(dtype), queries, keys)

    def make() -> Tensor:
        own = table[attn.relative_position_index].permute(2, 0, 1)  # (heads, N, N)
        return pad_bias((own if shared is None else own + shared)[None].to(dtype), queries, keys)

    if table.requires_grad or shared is not None:
        return make()
    with torch.no_grad():
        return call.kept.get(attn, make, frozen=[table], given=(queries, keys, dtype))
