"""Blocks of EVA-02 against the class itself and a literal twin."""
import pytest
import torch

from tests.conftest import TINY
from tests.twins.hosted import Case, attention_of, pairs


def step(block, tokens, guests, grid):
    """Patches alone are rotated, by the class's own function on a copy of it."""
    attn, count, extra = block.attn, tokens.shape[1], int(block.attn.with_cls_token)
    everything = torch.cat([tokens, guests], dim=1)
    query, key, value = attn.qkv(block.norm1(everything)).chunk(3, dim=-1)
    query, key = (turn(attn, part, extra, count, grid) for part in (query, key))
    everything = everything + attn.proj(attention_of(query, key, value, attn.num_heads, scale=attn.scale))
    everything = everything + block.mlp(block.norm2(everything))
    return everything[:, :count], everything[:, count:]


def turn(attn, part, extra, count, grid):
    heads = part.unflatten(-1, (attn.num_heads, -1)).transpose(1, 2)
    patches = attn.rope(heads[:, :, extra:count], grid)
    return torch.cat([heads[:, :, :extra], patches, heads[:, :, count:]], dim=2).transpose(1, 2).flatten(2)


EVA02 = dict(arch=dict(TINY, num_layers=2), patch_size=8, drop_path_rate=0.5, out_indices=(0, 1), out_type='raw')
CASES = dict(
    eva02=Case('mmpretrain.ViTEVA02', step, dict(EVA02, img_size=(40, 56), sub_ln=True)),
    without_class_token=Case('mmpretrain.ViTEVA02', step, dict(EVA02, img_size=32, with_cls_token=False)),
    of_another_size=Case('mmpretrain.ViTEVA02', step, dict(EVA02, img_size=32, out_type='featmap')))


@pytest.mark.parametrize('case, check', pairs(CASES, brief=('without_class_token', 'of_another_size')))
def test_blocks(case, check):
    check(case)


def test_other_sizes_leave_the_rotation_as_it_was():
    """The class writes that of the last image into its buffers, which would change its checkpoint."""
    case = CASES['of_another_size']
    model = case.build(dict(type='LinearProbe'))
    before = {key: value.clone() for key, value in model.state_dict().items()}
    model(case.images())
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
