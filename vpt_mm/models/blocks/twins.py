"""Blocks of Twins (Chu et al. 2021), of mmpretrain and mmseg: attention to a reduced map, and within windows."""
from __future__ import annotations

from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ...layers.attention import cross_scaled, queries_of
from ...layers.ffn import ffn_branch
from ...layers.heads import attend_across, attend_pairs, tempered
from ...layers.packed import PackedProjection, attend_packed, cross_packed
from ...layers.projection import Projection, Rows
from ...layers.reduced import reduce_patches
from ...layers.windows import Windows, mix_in_windows, pad_bias
from .kind import BlockKind, Call


class Twins(BlockKind):
    """What both kinds of blocks share: stochastic depth once in their parts and once more behind them."""

    def attention(self, call: Call, tokens: Tensor) -> Tensor:
        return call.block.drop_path(self.attend(call, call.block.norm1(tokens)))

    def cross(self, call: Call, tokens: Tensor, seen: Tensor) -> Tensor:
        return call.block.drop_path(self.read(call, call.block.norm1(tokens), seen))

    def ffn(self, call: Call, tokens: Tensor) -> Tensor:
        return call.block.drop_path(ffn_branch(call.block.ffn, call.block.norm2(tokens)))

    def attend(self, call: Call, tokens: Tensor) -> Tensor:
        """(B, N, C), normed, to what the attention makes of them."""
        raise NotImplementedError

    def read(self, call: Call, tokens: Tensor, seen: Tensor) -> Tensor:
        """The same where they see ``seen`` and not each other."""
        raise NotImplementedError


class TwinsGlobal(Twins):
    """Prompts join keys and values behind the reduction and its norm."""

    classes = ('mmpretrain.models.backbones.twins.GSAEncoderLayer',)

    def projection(self, block: Any) -> Projection:
        return Projection(block.norm1, [Rows(block.attn.kv, slice(None))])

    def attend(self, call: Call, tokens: Tensor) -> Tensor:
        attn = call.block.attn
        attention = partial(attn.scaled_dot_product_attention, dropout_p=attn.attn_drop if attn.training else 0.)
        pairs = attn.kv(reduce_patches(attn, tokens, call.grid))
        mixed = attend_pairs(tempered(attention, call.temperature), attn.q(tokens), pairs, call.seen, attn.num_heads)
        return attn.out_drop(attn.proj_drop(attn.proj(mixed.transpose(1, 2).flatten(2))))

    def read(self, call: Call, tokens: Tensor, seen: Tensor) -> Tensor:
        attn = call.block.attn
        attention = partial(attn.scaled_dot_product_attention, dropout_p=attn.attn_drop if attn.training else 0.)
        mixed = attend_across(attention, attn.q(tokens), seen, attn.num_heads)
        return attn.out_drop(attn.proj_drop(attn.proj(mixed)))


class TwinsGlobalPacked(Twins):
    """mmseg's, whose attention is ``nn.MultiheadAttention``."""

    classes = ('mmseg.models.backbones.twins.GSAEncoderLayer',)

    def projection(self, block: Any) -> Projection:
        return Projection(block.norm1, PackedProjection(block.attn.attn))

    def attend(self, call: Call, tokens: Tensor) -> Tensor:
        attn = call.block.attn
        others = None if attn.sr_ratio <= 1 else reduce_patches(attn, tokens, call.grid)
        branch = attend_packed(attn.attn, tokens, call.seen, others=others, rebuild=call.rebuild,
                               temperature=call.temperature)
        return attn.dropout_layer(attn.proj_drop(branch))

    def read(self, call: Call, tokens: Tensor, seen: Tensor) -> Tensor:
        attn = call.block.attn
        return attn.dropout_layer(attn.proj_drop(cross_packed(attn.attn, tokens, seen)))


class TwinsLocal(Twins):
    """Every window sees the prompts; what travels attends in every window and comes out as the mean over them.

    Where the map is padded both below and at the right, the class hides the padding from the patches; it is hidden from
    prompts that travel as well. Where it is padded on one side alone, the class hides nothing.
    """

    classes = ('mmpretrain.models.backbones.twins.LSAEncoderLayer', 'mmseg.models.backbones.twins.LSAEncoderLayer')

    def projection(self, block: Any) -> Projection:
        return Projection(block.norm1, block.attn.qkv)

    def attend(self, call: Call, tokens: Tensor) -> Tensor:
        attn = call.block.attn
        windows = Windows(call.grid, attn.window_size)
        attention = tempered(partial(F.scaled_dot_product_attention, scale=attn.scale,
                                     dropout_p=attn.attn_drop.p if attn.training else 0.), call.temperature)
        mixed = mix_in_windows(attention, windows, attn.qkv, tokens, call.seen, attn.num_heads,
                               bias=partial(_hide_padding, call, windows), varied=all(windows.padding),
                               rebuild=call.rebuild)
        return attn.proj_drop(attn.proj(mixed))

    def read(self, call: Call, tokens: Tensor, seen: Tensor) -> Tensor:
        return cross_scaled(call.block.attn, queries_of(call.block.attn, tokens), seen)


def _hide_padding(call: Call, windows: Windows, queries: int, keys: int, *, fold: bool,
                  dtype: torch.dtype) -> Tensor | None:
    """-1000 between patches and padding: (W, 1, queries, keys), or (1, W * heads, queries, keys) with ``fold``.

    The class's own number.
    """
    if not all(windows.padding):
        return None
    attn = call.block.attn
    like = attn.qkv.weight

    def make() -> Tensor:
        padding = 1 - windows.split(like.new_ones(1, windows.grid[0] * windows.grid[1], 1))[0, :, :, 0]  # (W, N)
        of_queries, of_keys = (F.pad(padding, (0, count - windows.area)) for count in (queries, keys))
        mask = pad_bias(-1000. * (of_queries[:, :, None] != of_keys[:, None]).to(dtype), queries, keys)
        mask = mask[:, None]
        return mask.expand(-1, attn.num_heads, -1, -1).flatten(0, 1)[None] if fold else mask

    with torch.no_grad():
        return call.kept.get(attn, make, frozen=[like], given=(windows.grid, queries, keys, fold, dtype))
