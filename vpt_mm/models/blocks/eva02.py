"""Blocks of EVA-02 (Fang et al. 2023), of mmpretrain: positions by rotation, gated FFN."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ...layers.attention import attend_scaled, cross_scaled, queries_of
from ...layers.projection import Projection
from ...layers.rotary import Rotation, rotate_pairs
from .kind import BlockKind, Call


class EVA02(BlockKind):
    """Queries and keys of patches are rotated; those of the class token, of prompts and of what travels never are."""

    classes = ('mmpretrain.models.backbones.vit_eva02.EVA02EndcoderLayer',)  # so it is called there

    def projection(self, block: Any) -> Projection:
        return Projection(block.norm1, block.attn.qkv)

    def attention(self, call: Call, tokens: Tensor) -> Tensor:
        block, attn = call.block, call.block.attn
        qkv = attn.qkv(block.norm1(tokens))
        if attn.rope:
            qkv = rotate_pairs(qkv, attn.num_heads, _rotation(call, tokens.shape[1]))
        return block.drop_path(attend_scaled(attn, qkv, call.seen, rebuild=call.rebuild, temperature=call.temperature))

    def cross(self, call: Call, tokens: Tensor, seen: Tensor) -> Tensor:
        block, attn = call.block, call.block.attn
        query = queries_of(attn, block.norm1(tokens))
        if attn.rope:
            query = _rotation(call, tokens.shape[1])(query.unflatten(-1, (attn.num_heads, -1))).flatten(2)
        return block.drop_path(cross_scaled(attn, query, seen))

    def ffn(self, call: Call, tokens: Tensor) -> Tensor:
        return call.block.drop_path(call.block.mlp(call.block.norm2(tokens)))

    def computed(self, block: Any) -> Sequence[str]:
        return ('attn.rope.freqs_cos', 'attn.rope.freqs_sin') if block.attn.rope else ()


class Rope(NamedTuple):
    """What the class computes cosines and sines from."""

    theta: float
    half_dim: int
    patch_resolution: tuple[int, int]


def _rotation(call: Call, count: int) -> Rotation:
    """That of all tokens of a block, the same in all blocks."""
    rope, before = call.block.attn.rope, int(call.block.attn.with_cls_token)

    def make() -> Rotation:
        cos, sin = rope.freqs_cos, rope.freqs_sin  # (h * w, d)
        if tuple(rope.patch_resolution) != tuple(call.grid):
            other = Rope(rope.theta, rope.half_dim, call.grid)  # the block's own stays as it is
            cos, sin = (table.to(cos.device) for table in type(rope).compute_position_embedding(other))
        return Rotation.of(torch.cat([sin, cos], dim=-1), before=before, count=count, half=False)

    with torch.no_grad():
        return call.kept.get(rope, make, frozen=[rope.freqs_cos, rope.freqs_sin], given=(call.grid, before, count))
