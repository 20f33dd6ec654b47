"""Blocks of MiT and PVT against the classes themselves and literal twins."""
import pytest
import torch
import torch.nn.functional as F

from tests.twins.compare import assert_twins
from tests.twins.hosted import Case, packed_attention, pairs


def step(block, tokens, guests, grid):
    """Prompts join keys and values behind the reduction, and skip the convolution over places."""
    attn, count = block.attn, tokens.shape[1]
    everything = torch.cat([tokens, guests], dim=1)
    normed = block.norm1(everything)
    others = normed
    if attn.sr_ratio > 1:
        maps = normed[:, :count].transpose(1, 2).reshape(len(tokens), -1, *grid)
        others = torch.cat([attn.norm(attn.sr(maps).flatten(2).transpose(1, 2)), normed[:, count:]], dim=1)
    everything = everything + packed_attention(attn.attn, normed, others)
    normed = block.norm2(everything)
    patches = normed[:, :count].transpose(1, 2).reshape(len(tokens), -1, *grid)
    patches = block.ffn.layers(patches).flatten(2).transpose(1, 2)
    first, last = block.ffn.layers[0], block.ffn.layers[-2]
    inner = F.gelu(F.linear(normed[:, count:], first.weight[:, :, 0, 0], first.bias))
    everything = everything + torch.cat([patches, F.linear(inner, last.weight[:, :, 0, 0], last.bias)], dim=1)
    return everything[:, :count], everything[:, count:]


TINY = dict(embed_dims=8, num_layers=[1, 2, 1], num_heads=[1, 2, 2], num_stages=3, sr_ratios=[4, 2, 1],
            out_indices=(0, 1, 2), drop_path_rate=0.5)
CASES = dict(
    mit=Case('mmseg.MixVisionTransformer', step, dict(TINY, patch_sizes=[7, 3, 3], strides=[4, 2, 2])),
    pvt=Case('mmdet.PyramidVisionTransformer', step, dict(
        TINY, pretrain_img_size=32, patch_sizes=[4, 2, 2], strides=[4, 2, 2], paddings=[0, 0, 0],
        mlp_ratios=[2, 2, 2])),
    pvt_v2=Case('mmdet.PyramidVisionTransformerV2', step, dict(
        TINY, num_stages=4, num_layers=[1, 1, 1, 1], num_heads=[1, 2, 2, 4], sr_ratios=[4, 2, 1, 1],
        strides=[4, 2, 2, 2], mlp_ratios=[2, 2, 2, 2], out_indices=(1, 3))))


@pytest.mark.parametrize('case, check', pairs(CASES, brief=('pvt',)))
def test_blocks(case, check):
    if case.of.startswith('mmdet.'):
        pytest.importorskip('mmdet')
    check(case)


def test_updates_of_the_output_projection():
    """LoRA on layers that ``nn.MultiheadAttention`` would read itself, and on those that run as linear layers."""
    case = CASES['mit']
    model, images = case.build(dict(type='LoRA', rank=2, targets=['out_proj', 'ffn.layers.0', 'sr'])), case.images()
    for parameter in model.tuning.parameters():
        parameter.data.normal_()
    plain = case.plain(model)
    weights = dict(plain.named_parameters())
    assert len(model.tuning.updates) == 4 + 4 + 3
    for name, update in model.tuning.updates.items():
        key = next(key for key in weights if key.replace('.', '_') == f'{name}_weight')
        weights[key] = weights[key].detach() + (update.up @ update.down).view_as(weights[key])
    expected = torch.func.functional_call(plain, weights, images)
    assert_twins(model(images), expected, list(model.tuning.parameters()))
