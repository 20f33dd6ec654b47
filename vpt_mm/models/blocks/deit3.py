"""Blocks of mmpretrain's DeiT III (Touvron et al. 2022)."""
from __future__ import annotations

from typing import Any

from torch import Tensor

from ...layers.attention import attend, cross
from ...layers.ffn import ffn_branch
from ...layers.projection import Projection
from .kind import BlockKind, Call


class PreNorm(BlockKind):
    """Blocks of mmpretrain's plain Vision Transformers."""

    classes = ('mmpretrain.models.backbones.vision_transformer.TransformerEncoderLayer',)

    def projection(self, block: Any) -> Projection:
        return Projection(block.ln1, block.attn.qkv)

    def attention(self, call: Call, tokens: Tensor) -> Tensor:
        return attend(call.block.attn, call.block.ln1(tokens), call.seen, rebuild=call.rebuild,
                      temperature=call.temperature)

    def cross(self, call: Call, tokens: Tensor, seen: Tensor) -> Tensor:
        return cross(call.block.attn, call.block.ln1(tokens), seen)

    def ffn(self, call: Call, tokens: Tensor) -> Tensor:
        return ffn_branch(call.block.ffn, call.block.ln2(tokens))


class DeiT3(PreNorm):
    """mmpretrain's class normalises by ``ln1`` in front of its FFN too, and was trained so."""

    classes = ('mmpretrain.models.backbones.deit3.DeiT3TransformerEncoderLayer',)

    def norms(self, block: Any) -> tuple[Any, Any]:
        return block.ln1, block.ln1

    def ffn(self, call: Call, tokens: Tensor) -> Tensor:
        ffn = call.block.ffn
        return ffn.dropout_layer(ffn.gamma2(ffn.layers(call.block.ln1(tokens))))
