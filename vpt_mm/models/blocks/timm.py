"""Blocks of timm's Vision Transformers and of its EVA class: DINOv2 and v3, EVA-02, SigLIP, CLIP, MAE, DeiT III."""
from __future__ import annotations

from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ...layers.attention import queries_of
from ...layers.heads import attend_heads, tempered
from ...layers.projection import Projection, Rows
from ...layers.rotary import Rotation
from ...layers.updated import linear_rows
from .kind import BlockKind, Call, name_of, scaled

ATTENTIONS = ('timm.layers.attention.Attention', 'timm.layers.attention.AttentionRope', 'timm.models.eva.EvaAttention')


class TimmBlock(BlockKind):
    """A norm in front of attention and FFN, and layer scale behind them."""

    classes = ('timm.models.vision_transformer.Block',)

    def fits(self, block: Any) -> bool:
        return name_of(type(block.attn)) in ATTENTIONS

    def projection(self, block: Any) -> Projection:
        return _projection(block.norm1, block.attn)

    def attention(self, call: Call, tokens: Tensor) -> Tensor:
        block = call.block
        return block.drop_path1(block.ls1(attend(call, block.norm1(tokens))))

    def cross(self, call: Call, tokens: Tensor, seen: Tensor) -> Tensor:
        block = call.block
        return block.drop_path1(block.ls1(cross(call, block.norm1(tokens), seen)))

    def ffn(self, call: Call, tokens: Tensor) -> Tensor:
        block = call.block
        return block.drop_path2(block.ls2(block.mlp(block.norm2(tokens))))


class EvaBlock(TimmBlock):
    """The same, with scales that are the block's own parameters."""

    classes = ('timm.models.eva.EvaBlock',)

    def attention(self, call: Call, tokens: Tensor) -> Tensor:
        block = call.block
        return block.drop_path1(scaled(attend(call, block.norm1(tokens)), block.gamma_1))

    def cross(self, call: Call, tokens: Tensor, seen: Tensor) -> Tensor:
        block = call.block
        return block.drop_path1(scaled(cross(call, block.norm1(tokens), seen), block.gamma_1))

    def ffn(self, call: Call, tokens: Tensor) -> Tensor:
        block = call.block
        return block.drop_path2(scaled(block.mlp(block.norm2(tokens)), block.gamma_2))


class PostNorm(TimmBlock):
    """The norms stand behind attention and FFN."""

    classes = ('timm.models.vision_transformer.ResPostBlock', 'timm.models.eva.EvaBlockPostNorm')

    def projection(self, block: Any) -> Projection:
        return _projection(None, block.attn)

    def norms(self, block: Any) -> tuple[Any, Any]:
        return None, None

    def attention(self, call: Call, tokens: Tensor) -> Tensor:
        return call.block.drop_path1(call.block.norm1(attend(call, tokens)))

    def cross(self, call: Call, tokens: Tensor, seen: Tensor) -> Tensor:
        return call.block.drop_path1(call.block.norm1(cross(call, tokens, seen)))

    def ffn(self, call: Call, tokens: Tensor) -> Tensor:
        return call.block.drop_path2(call.block.norm2(call.block.mlp(tokens)))


def _projection(norm: Any, attn: Any) -> Projection:
    if attn.qkv is None:
        return Projection(norm, [Rows(attn.k_proj, slice(None)), Rows(attn.v_proj, slice(None))])
    keys = Rows(attn.qkv, slice(attn.qkv.out_features // 3, None))
    return Projection(norm, [keys], (None, getattr(attn, 'v_bias', None)))


def attend(call: Call, tokens: Tensor) -> Tensor:
    """What timm's attentions compute for (B, N, C), and what the tokens see beside each other.

    Patches are rotated as timm does; class token, registers, prompts and what travels have no place, and are not.
    """
    attn = call.block.attn
    attention = tempered(partial(F.scaled_dot_product_attention, dropout_p=attn.attn_drop.p if attn.training else 0.),
                         call.temperature)
    if _is_plain(attn) and call.given.get('rope') is None:
        mixed = attend_heads(attention, _qkv(attn, tokens), call.seen, attn.num_heads, rebuild=call.rebuild)
    else:
        mixed = attention(*_meeting(call, tokens))
    return _read(attn, tokens, mixed)


def cross(call: Call, tokens: Tensor, seen: Tensor) -> Tensor:
    """The same where the tokens see ``seen``, (1 or B, P, 2, C), and not each other."""
    attn, rope = call.block.attn, call.given.get('rope')
    query = attn.q_norm(_query(attn, tokens).unflatten(-1, (attn.num_heads, -1)))  # (B, N, heads, d)
    if rope is not None:
        beside = 0 if call.seen is None else call.seen.shape[1]  # as in the attention, which keeps the rotation
        query = _rotation(call, rope, tokens.shape[1] + beside)(query)
    pairs = seen.to(query.dtype).unflatten(-1, (-1, query.shape[-1]))  # (1 or B, P, 2, heads of keys, d)
    key, value = attn.k_norm(pairs[:, :, 0]), pairs[:, :, 1]
    heads_first = [part.repeat_interleave(attn.num_heads // part.shape[2], dim=2).expand(len(tokens), -1, -1, -1)
                   .transpose(1, 2) for part in (key, value)]
    attention = partial(F.scaled_dot_product_attention, dropout_p=attn.attn_drop.p if attn.training else 0.)
    return _read(attn, tokens, attention(query.transpose(1, 2), *heads_first))


def _read(attn: Any, tokens: Tensor, mixed: Tensor) -> Tensor:
    """What tokens (B, N, C) read, (B, heads, N, d), to what the attention makes of it."""
    mixed = attn.norm(mixed.transpose(1, 2).flatten(2))
    if attn.gate is not None:
        mixed = mixed * attn.gate(tokens).sigmoid()
    return attn.proj_drop(attn.proj(mixed))


def _is_plain(attn: Any) -> bool:
    """Whether queries and keys meet as the one projection makes them."""
    return attn.qkv is not None and isinstance(attn.q_norm, torch.nn.Identity)


def _qkv(attn: Any, tokens: Tensor) -> Tensor:
    if getattr(attn, 'q_bias', None) is None:
        return attn.qkv(tokens)
    return linear_rows(attn.qkv, tokens, bias=torch.cat([attn.q_bias, attn.k_bias, attn.v_bias]))


def _query(attn: Any, tokens: Tensor) -> Tensor:
    """Queries alone, (B, N, C)."""
    return attn.q_proj(tokens) if attn.qkv is None else queries_of(attn, tokens, bias=getattr(attn, 'q_bias', None))


def _meeting(call: Call, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Queries (B, heads, N, d), keys and values (B, heads, N + P, d), normed and rotated."""
    attn, rope = call.block.attn, call.given.get('rope')
    query, key, value = _heads(attn, tokens)
    if call.seen is not None:
        seen = call.seen.to(value.dtype).unflatten(-1, value.shape[2:]).expand(len(tokens), *[-1] * 4)
        key, value = (torch.cat(pair, dim=1) for pair in zip((key, value), seen.unbind(2)))
    query, key = attn.q_norm(query), attn.k_norm(key)
    if rope is not None:
        rotation = _rotation(call, rope, key.shape[1])
        query, key = rotation(query).to(value.dtype), rotation(key).to(value.dtype)
    groups = query.shape[2] // value.shape[2]
    if groups > 1:
        key, value = key.repeat_interleave(groups, dim=2), value.repeat_interleave(groups, dim=2)
    return query.transpose(1, 2), key.transpose(1, 2), value.transpose(1, 2)


def _heads(attn: Any, tokens: Tensor) -> list[Tensor]:
    """Queries, keys and values, (B, N, heads, d); there may be fewer heads of keys and values."""
    if attn.qkv is not None:
        return list(_qkv(attn, tokens).unflatten(-1, (3, attn.num_heads, -1)).unbind(2))
    return [layer(tokens).unflatten(-1, (-1, attn.head_dim)) for layer in (attn.q_proj, attn.k_proj, attn.v_proj)]


def _rotation(call: Call, rope: Tensor, count: int) -> Rotation:
    """Made once for all blocks that are given the same angles, which may be new in every pass."""
    attn = call.block.attn

    def make() -> tuple[Tensor, Rotation]:  # what is kept keeps the angles: no others can lie where they lay
        return rope, Rotation.of(rope, before=attn.num_prefix_tokens, count=count, half=attn.rotate_half)

    if rope.requires_grad:
        return make()[1]
    name = 'rotation' if rope.dim() == 2 else f'rotation {call.place.block}'
    with torch.no_grad():
        return call.kept.get(name, make, frozen=[rope], given=(count, attn.rotate_half))[1]
