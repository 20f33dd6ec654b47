"""Blocks of plain Vision Transformers (Dosovitskiy et al. 2021), of mmseg."""
from __future__ import annotations

from typing import Any

from torch import Tensor

from ...layers.ffn import ffn_branch
from ...layers.packed import PackedProjection, attend_packed, cross_packed
from ...layers.projection import Projection
from .kind import BlockKind, Call


class PackedViT(BlockKind):
    """mmseg's, whose attention is ``nn.MultiheadAttention``."""

    classes = ('mmseg.models.backbones.vit.TransformerEncoderLayer',)

    def projection(self, block: Any) -> Projection:
        return Projection(block.norm1, PackedProjection(block.attn.attn))

    def attention(self, call: Call, tokens: Tensor) -> Tensor:
        attn, block = call.block.attn, call.block
        branch = attend_packed(attn.attn, block.norm1(tokens), call.seen, rebuild=call.rebuild,
                               temperature=call.temperature)
        return attn.dropout_layer(attn.proj_drop(branch))

    def cross(self, call: Call, tokens: Tensor, seen: Tensor) -> Tensor:
        attn = call.block.attn
        return attn.dropout_layer(attn.proj_drop(cross_packed(attn.attn, call.block.norm1(tokens), seen)))

    def ffn(self, call: Call, tokens: Tensor) -> Tensor:
        return ffn_branch(call.block.ffn, call.block.norm2(tokens))
