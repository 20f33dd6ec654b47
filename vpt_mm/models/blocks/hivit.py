"""Blocks of HiViT (Zhang et al. 2023), of mmpretrain, that attend: those of its stem are without attention."""
from __future__ import annotations

from typing import Any

from torch import Tensor

from ...layers.attention import attend_scaled, cross_scaled, queries_of
from ...layers.projection import Projection
from .beit import positions_of
from .kind import BlockKind, Call, scaled


class HiViT(BlockKind):
    """Relative positions, where the backbone has them, are zero for prompts and what travels."""

    classes = ('mmpretrain.models.backbones.hivit.BlockWithRPE',)

    def fits(self, block: Any) -> bool:
        return block.attn is not None

    def projection(self, block: Any) -> Projection:
        return Projection(block.norm1, block.attn.qkv)

    def attention(self, call: Call, tokens: Tensor) -> Tensor:
        block, attn = call.block, call.block.attn
        qkv = attn.qkv(block.norm1(tokens))
        mask = None if call.given.get('rpe_index') is None else positions_of(call, tokens.shape[1], qkv.dtype)
        branch = attend_scaled(attn, qkv, call.seen, mask=mask, rebuild=call.rebuild, temperature=call.temperature)
        return block.drop_path(scaled(branch, block.gamma_1))

    def cross(self, call: Call, tokens: Tensor, seen: Tensor) -> Tensor:
        block = call.block
        branch = cross_scaled(block.attn, queries_of(block.attn, block.norm1(tokens)), seen)
        return block.drop_path(scaled(branch, block.gamma_1))

    def ffn(self, call: Call, tokens: Tensor) -> Tensor:
        block = call.block
        return block.drop_path(scaled(block.mlp(block.norm2(tokens)), block.gamma_2))
