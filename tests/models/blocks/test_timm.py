"""Pieces of timm's blocks: together they are the block, and parts that are not known are not taken for others."""
import pytest
import torch
from timm.models.eva import EvaBlock, EvaBlockPostNorm
from timm.models.vision_transformer import Block, ParallelScalingBlock, ResPostBlock

from tests.twins.hosted import divide_literally, read_literally
from vpt_mm.layers.kept import Kept
from vpt_mm.models.blocks import Call, kind_of
from vpt_mm.tuning.method import Place

TOKENS = torch.randn(2, 7, 32, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
ANGLES = torch.randn(6, 32, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
NORM = dict(norm_layer=torch.nn.LayerNorm)
BLOCKS = dict(
    plain=lambda: Block(32, 2, qkv_bias=True), normed=lambda: Block(32, 2, qk_norm=True, scale_attn_norm=True, **NORM),
    post=lambda: ResPostBlock(32, 2, init_values=0.1), eva_gated=lambda: EvaBlock(32, 2, gated_attn=True),
    eva_scaled=lambda: EvaBlock(32, 2, scale_attn_inner=True, qk_norm=True, init_values=0.1, **NORM),
    eva_wide=lambda: EvaBlock(32, 2, qkv_fused=False, attn_type='rope', attn_head_dim=16, swiglu_mlp=True),
    eva_grouped=lambda: EvaBlock(32, 2, qkv_fused=False, attn_type='rope', num_kv_heads=1, gated_attn=True),
    eva_post=lambda: EvaBlockPostNorm(32, 2, rotate_half=True))


@pytest.mark.parametrize('name', BLOCKS)
def test_the_pieces_are_the_block(name):
    kind, call = build(name)
    tokens = TOKENS + kind.attention(call, TOKENS)
    torch.testing.assert_close(tokens + kind.ffn(call, tokens), call.block(TOKENS, **call.given), rtol=0, atol=1e-12)


@pytest.mark.parametrize('name', BLOCKS)
def test_prompts_that_are_read_alone(name):
    kind, call = build(name)
    seen = kind.projection(call.block)(torch.randn(1, 3, 32, dtype=torch.float64))
    expected = read_literally(kind, call, TOKENS, seen)
    torch.testing.assert_close(kind.cross(call, TOKENS, seen), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize('name', BLOCKS)
def test_a_temperature_divides_scores(name):
    kind, call = build(name)
    call = call._replace(temperature=torch.tensor(0.7, dtype=torch.float64))
    expected = divide_literally(kind, type(kind).attention, call, TOKENS)
    torch.testing.assert_close(kind.attention(call, TOKENS), expected, rtol=0, atol=1e-12)


def build(name):
    """The kind of a block, and a call of it whose weights are random."""
    block = BLOCKS[name]().double().eval()
    for parameter in block.parameters():
        parameter.data.normal_(std=0.5)
    given = dict(rope=ANGLES) if 'eva' in name else {}
    return kind_of(block), Call(block, Place(0, 2, 1, 7, (2, 3)), given, None, Kept())


def test_parts_that_are_not_known():
    assert kind_of(Block(32, 2, attn_layer='diff')) is None and kind_of(ParallelScalingBlock(32, 2)) is None
