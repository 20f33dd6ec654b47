"""Blocks of SegFormer's Mix Transformers (Xie et al. 2021) and of PVT and PVTv2 (Wang et al. 2021, 2022)."""
from __future__ import annotations

from typing import Any

from torch import Tensor

from ...layers.packed import PackedProjection, attend_packed, cross_packed
from ...layers.projection import Projection
from ...layers.reduced import mix_channels, reduce_patches
from .kind import BlockKind, Call


class MiT(BlockKind):
    """Prompts join keys and values behind the reduction and its norm; a convolution in the FFN is for patches alone.

    mmdet's PVTs are recognised by their name, so that mmdet may be missing.
    """

    classes = ('mmseg.models.backbones.mit.TransformerEncoderLayer',
               'mmdet.models.backbones.pvt.PVTEncoderLayer')

    def projection(self, block: Any) -> Projection:
        return Projection(block.norm1, PackedProjection(block.attn.attn))

    def attention(self, call: Call, tokens: Tensor) -> Tensor:
        attn, tokens = call.block.attn, call.block.norm1(tokens)
        others = None if attn.sr_ratio <= 1 else reduce_patches(attn, tokens, call.grid)
        branch = attend_packed(attn.attn, tokens, call.seen, others=others, rebuild=call.rebuild,
                               temperature=call.temperature)
        return attn.dropout_layer(attn.proj_drop(branch))

    def cross(self, call: Call, tokens: Tensor, seen: Tensor) -> Tensor:
        attn = call.block.attn
        return attn.dropout_layer(attn.proj_drop(cross_packed(attn.attn, call.block.norm1(tokens), seen)))

    def ffn(self, call: Call, tokens: Tensor) -> Tensor:
        ffn = call.block.ffn
        return ffn.dropout_layer(mix_channels(ffn.layers, call.block.norm2(tokens), call.grid))
