"""Blocks of HiViT against the class itself and a literal twin."""
import pytest
import torch

from tests.twins.hosted import Case, attention_of, pairs


def step(block, tokens, guests, relative=None):
    attn, count, everything = block.attn, tokens.shape[1], torch.cat([tokens, guests], dim=1)
    bias = tokens.new_zeros(attn.num_heads, everything.shape[1], everything.shape[1])
    if relative:
        bias[:, :count, :count] = attn.relative_position_bias_table[attn.relative_position_index].permute(2, 0, 1)
    query, key, value = attn.qkv(block.norm1(everything)).chunk(3, dim=-1)
    branch = attn.proj(attention_of(query, key, value, attn.num_heads, scale=attn.scale, bias=bias))
    everything = everything + branch * (1 if block.gamma_1 is None else block.gamma_1)
    branch = block.mlp(block.norm2(everything))
    everything = everything + branch * (1 if block.gamma_2 is None else block.gamma_2)
    return everything[:, :count], everything[:, count:]


# Blocks of the stem and of the main part are both counted from 0: an index below those of the stem would mean both.
HIVIT = dict(arch=dict(embed_dims=16, depths=[1, 1, 7], num_heads=2), img_size=32, patch_size=8, out_indices=[0],
             drop_path_rate=0.5)
CASES = dict(
    hivit=Case('mmpretrain.HiViT', step, HIVIT),
    with_relative_positions=Case('mmpretrain.HiViT', step, dict(HIVIT, rpe=True, layer_scale_init_value=0.5),
                                 size=(32, 32)))


@pytest.mark.parametrize('case, check', pairs(CASES, brief=('with_relative_positions',)))
def test_blocks(case, check):
    check(case)
