"""Blocks of BEiT (Bao et al. 2022): relative positions, biases for queries and values alone, layer scale."""
from __future__ import annotations

from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ...layers.heads import attend_heads
from ...layers.projection import Projection
from ...layers.updated import linear_rows
from ...layers.windows import pad_bias
from .kind import BlockKind, Call


class BEiT(BlockKind):
    """Prompts and what travels have no place in the image: the bias of relative positions is zero for them."""

    classes = ('mmpretrain.models.backbones.beit.BEiTTransformerEncoderLayer',
               'mmseg.models.backbones.beit.BEiTTransformerEncoderLayer',
               'mmseg.models.backbones.mae.MAETransformerEncoderLayer')

    def projection(self, block: Any) -> Projection:
        attn = block.attn
        biases = (None, attn.v_bias) if attn.bias == 'qv_bias' else (None, None)
        return Projection(_norms(block)[0], attn.qkv, biases)

    def attention(self, call: Call, tokens: Tensor) -> Tensor:
        attn, block = call.block.attn, call.block
        bias = None
        if attn.bias == 'qv_bias':
            bias = torch.cat([attn.q_bias, torch.zeros_like(attn.v_bias), attn.v_bias])
        qkv = linear_rows(attn.qkv, _norms(block)[0](tokens), bias=bias)
        count = tokens.shape[1]
        mask = _positions(call, count, count + (0 if call.seen is None else call.seen.shape[1]), qkv.dtype)
        attention = partial(F.scaled_dot_product_attention, attn_mask=mask, scale=attn.scale,
                            dropout_p=attn.attn_drop.p if attn.training else 0.)
        mixed = attend_heads(attention, qkv, call.seen, attn.num_heads, rebuild=call.rebuild)
        branch = attn.proj_drop(attn.proj(mixed.transpose(1, 2).flatten(2)))
        return block.drop_path(branch if block.gamma_1 is None else block.gamma_1 * branch)

    def ffn(self, call: Call, tokens: Tensor) -> Tensor:
        block = call.block
        branch = block.ffn(_norms(block)[1](tokens))
        return block.drop_path(branch if block.gamma_2 is None else block.gamma_2 * branch)


def _norms(block: Any) -> tuple[Any, Any]:
    return (block.ln1, block.ln2) if hasattr(block, 'ln1') else (block.norm1, block.norm2)


def _positions(call: Call, queries: int, keys: int, dtype: torch.dtype) -> Tensor | None:
    """(1, heads, queries, keys): the biases of the block's own table and of one that all blocks share."""
    attn, shared = call.block.attn, call.given.get('rel_pos_bias')
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
