"""Blocks of SAM's image encoder (Kirillov et al. 2023), of mmpretrain: windows, and positions that queries read."""
from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from mmpretrain.models.backbones.vit_sam import get_rel_pos
from torch import Tensor

from ...layers.attention import queries_of
from ...layers.ffn import ffn_branch
from ...layers.heads import attend_across, tempered
from ...layers.projection import Projection
from ...layers.windows import Whole, Windows, mix_in_windows
from .kind import BlockKind, Call


class SAM(BlockKind):
    """In a block with windows every window sees the prompts, and what travels comes out as the mean over the windows.

    Prompts and what travels have no place, so no relative position is added for them.
    """

    classes = ('mmpretrain.models.backbones.vit_sam.TransformerEncoderLayer',)

    def projection(self, block: Any) -> Projection:
        return Projection(block.ln1, block.attn.qkv)

    def attention(self, call: Call, tokens: Tensor) -> Tensor:
        block, attn = call.block, call.block.attn
        windows = Windows(call.grid, block.window_size) if block.window_size else Whole(call.grid)
        attention = partial(_attend, call, windows.sides) if attn.use_rel_pos else partial(
            F.scaled_dot_product_attention, scale=attn.scale)
        attention = tempered(attention, call.temperature)
        mixed = mix_in_windows(attention, windows, attn.qkv, block.ln1(tokens), call.seen, attn.num_heads,
                               rebuild=call.rebuild)
        branch: Tensor = attn.proj(mixed)
        return branch

    def cross(self, call: Call, tokens: Tensor, seen: Tensor) -> Tensor:
        attn = call.block.attn
        attention = partial(F.scaled_dot_product_attention, scale=attn.scale)
        branch: Tensor = attn.proj(attend_across(attention, queries_of(attn, call.block.ln1(tokens)), seen,
                                                 attn.num_heads))
        return branch

    def ffn(self, call: Call, tokens: Tensor) -> Tensor:
        return ffn_branch(call.block.ffn, call.block.ln2(tokens))


class Positions(NamedTuple):
    """Of a window of h x w patches.

    Attributes:
        rows: embeddings of relative rows, (h, h, d), divided by the scale of attention.
        columns: those of relative columns, (w, w, d).
        here: for each key ones at its row and at its column, (M, h + w and zeros up to a multiple of 8, which fused
            kernels ask for); all zeros for prompts.
    """

    rows: Tensor
    columns: Tensor
    here: Tensor


def _attend(call: Call, sides: tuple[int, int], query: Tensor, key: Tensor, value: Tensor, *,
            attn_mask: None) -> Tensor:
    """Attention to which what queries read at relative rows and columns is added.

    It comes as more channels, h + w of them: what a query reads at each row and column, against ones at the key's own.
    No table of all pairs is made.
    """
    rows, columns, here = _positions(call, sides, key.shape[2], key.dtype)
    count = sides[0] * sides[1]
    patches = query[:, :, :count].unflatten(2, sides)  # (B, heads, h, w, d)
    read = torch.cat([torch.einsum('bnhwc,hkc->bnhwk', patches, rows),
                      torch.einsum('bnhwc,wkc->bnhwk', patches, columns)], dim=-1).flatten(2, 3)
    read = F.pad(read, (0, here.shape[1] - read.shape[-1], 0, query.shape[2] - count)).to(query.dtype)
    query, key = torch.cat([query, read], dim=-1), torch.cat([key, here.expand(*key.shape[:2], -1, -1)], dim=-1)
    return F.scaled_dot_product_attention(query, key, value, scale=call.block.attn.scale)


def _positions(call: Call, sides: tuple[int, int], keys: int, dtype: torch.dtype) -> Positions:
    attn, (height, width) = call.block.attn, sides

    def make() -> Positions:
        row, column = (torch.eye(side, dtype=dtype, device=attn.rel_pos_h.device) for side in sides)
        here = torch.cat([row.repeat_interleave(width, dim=0), column.repeat(height, 1)], dim=1)  # (h * w, h + w)
        here = F.pad(here, (0, -(height + width) % 8, 0, keys - height * width))
        rows, columns = (get_rel_pos(side, side, table / attn.scale).to(dtype) for side, table in zip(sides, tables))
        return Positions(rows, columns, here)

    tables = [attn.rel_pos_h, attn.rel_pos_w]
    if any(table.requires_grad for table in tables):
        return make()
    with torch.no_grad():
        return call.kept.get(attn, make, frozen=tables, given=(sides, keys, dtype))
