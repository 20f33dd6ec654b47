"""Blocks of HiViT (Zhang et al. 2023), of mmpretrain, that attend: those of its stem are without attention."""
from __future__ import annotations

from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ...layers.heads import attend_heads
from ...layers.projection import Projection
from ...layers.windows import pad_bias
from .kind import BlockKind, Call


class HiViT(BlockKind):
    """Relative positions, where the backbone has them, are zero for prompts and what travels."""

    classes = ('mmpretrain.models.backbones.hivit.BlockWithRPE',)

    def fits(self, block: Any) -> bool:
        return block.attn is not None

    def projection(self, block: Any) -> Projection:
        return Projection(block.norm1, block.attn.qkv)

    def attention(self, call: Call, tokens: Tensor) -> Tensor:
        block, attn = call.block, call.block.attn
        qkv, count = attn.qkv(block.norm1(tokens)), tokens.shape[1]
        mask = None
        if call.given.get('rpe_index') is not None:
            mask = _positions(call, count, count + (0 if call.seen is None else call.seen.shape[1]), qkv.dtype)
        attention = partial(F.scaled_dot_product_attention, attn_mask=mask, scale=attn.scale,
                            dropout_p=attn.attn_drop.p if attn.training else 0.)
        mixed = attend_heads(attention, qkv, call.seen, attn.num_heads, rebuild=call.rebuild)
        branch = attn.proj_drop(attn.proj(mixed.transpose(1, 2).flatten(2)))
        return block.drop_path(branch if block.gamma_1 is None else block.gamma_1 * branch)

    def ffn(self, call: Call, tokens: Tensor) -> Tensor:
        block = call.block
        branch = block.mlp(block.norm2(tokens))
        return block.drop_path(branch if block.gamma_2 is None else block.gamma_2 * branch)


def _positions(call: Call, queries: int, keys: int, dtype: torch.dtype) -> Tensor:
    """(1, heads, queries, keys)."""
    attn = call.block.attn
    table = attn.relative_position_bias_table

    def make() -> Tensor:
        own = table[attn.relative_position_index].permute(2, 0, 1)  # (heads, N, N)
        return pad_bias(own[None].to(dtype), queries, keys)

    if table.requires_grad:
        return make()
    with torch.no_grad():
        return call.kept.get(attn, make, frozen=[table], given=(queries, keys, dtype))
