"""Blocks of plain Vision Transformers, of mmpretrain and mmseg, against the classes themselves and literal twins."""
import pytest
import torch

from tests.conftest import TINY
from tests.twins.hosted import DEEP, Case, attention_of, packed_attention, pairs


def step(block, tokens, guests, *_):
    """mmpretrain's."""
    everything, attn = torch.cat([tokens, guests], dim=1), block.attn
    query, key, value = attn.qkv(block.ln1(everything)).chunk(3, dim=-1)
    everything = everything + attn.gamma1(attn.proj(attention_of(query, key, value, attn.num_heads)))
    everything = block.ffn(block.ln2(everything), identity=everything)
    return everything[:, :tokens.shape[1]], everything[:, tokens.shape[1]:]


def step_packed(block, tokens, guests, *_):
    """mmseg's, by nn.MultiheadAttention."""
    everything = torch.cat([tokens, guests], dim=1)
    normed = block.norm1(everything)
    everything = everything + packed_attention(block.attn.attn, normed, normed)
    everything = block.ffn(block.norm2(everything), identity=everything)
    return everything[:, :tokens.shape[1]], everything[:, tokens.shape[1]:]


def step_with_positions(block, tokens, guests, *_):
    """mmseg's MAE: BEiT's block; relative positions are for the image's own tokens."""
    everything, attn, count = torch.cat([tokens, guests], dim=1), block.attn, tokens.shape[1]
    query, key, value = attn.qkv(block.norm1(everything)).chunk(3, dim=-1)
    bias = query.new_zeros(attn.num_heads, everything.shape[1], everything.shape[1])
    bias[:, :count, :count] = attn.relative_position_bias_table[attn.relative_position_index].permute(2, 0, 1)
    everything = everything + block.gamma_1 * attn.proj(attention_of(query, key, value, attn.num_heads, bias=bias))
    everything = everything + block.gamma_2 * block.ffn(block.norm2(everything))
    return everything[:, :count], everything[:, count:]


VIT = dict(img_size=(40, 56), patch_size=8, drop_path_rate=0.5, out_indices=[0, 1])
OWN, SEGMENTING = dict(TINY, num_layers=2), dict(embed_dims=32, num_layers=2, num_heads=4, mlp_ratio=2)
CASES = dict(
    distilled=Case('mmpretrain.DistilledVisionTransformer', step, dict(VIT, arch=OWN)),
    mocov3=Case('mmpretrain.MoCoV3ViT', step, dict(VIT, arch=OWN, img_size=40, stop_grad_conv1=True,
                                                    patch_size=8), size=(40, 40)),
    segmenting=Case('mmseg.VisionTransformer', step_packed, dict(VIT, **SEGMENTING, final_norm=True,
                                                                 output_cls_token=True)),
    without_class_token=Case('mmseg.VisionTransformer', step_packed, dict(VIT, **SEGMENTING, with_cls_token=False,
                                                                          pre_norm=True, patch_norm=True)),
    # A convolution beside every block, and blocks that see every fourth patch of an image.
    conformer=Case('mmpretrain.Conformer', step, dict(
        arch=dict(embed_dims=16, depths=3, num_heads=2, channel_ratio=1), base_channels=8, drop_path_rate=0.5),
                   size=(48, 64)),
    mobilevit=Case('mmpretrain.MobileViT', step, dict(
        arch=[['mobilenetv2', 8, 2, 1, 2], ['mobilevit', 8, 2, 16, 16, 2, 2]], out_indices=(1,)), size=(32, 48)),
    mae=Case('mmseg.MAE', step_with_positions, dict(VIT, **SEGMENTING)))


@pytest.mark.parametrize('case, check', pairs(CASES, brief=('distilled', 'mocov3', 'without_class_token',
                                                             'conformer', 'mobilevit')))
def test_blocks(case, check):
    check(case)


@pytest.mark.parametrize('name, extra', [('segmenting', 1), ('without_class_token', 0), ('mae', 1), ('distilled', 2)])
def test_tokens_in_front_of_the_patches(name, extra):
    host = CASES[name].build(dict(type='LinearProbe')).host
    assert {(place.extra, place.count) for place in host.shapes(CASES[name].size).places} == {(extra, 35 + extra)}
    assert ('class token' in host.gives) == bool(extra)


def test_prompts_of_an_image_that_is_taken_apart(monkeypatch):
    """Prompts that differ from image to image are seen by all parts of their own image."""
    case = CASES['mobilevit']
    model, images, scale = case.build(DEEP), case.images(3), torch.tensor([1., -2., 3.], dtype=torch.float64)
    tokens = model.tuning.prompts_of_blocks(1)

    def run(chosen):
        monkeypatch.setattr(model.tuning, 'prompts', lambda place, memory: scale[chosen, None, None]
                            * tokens[place.block])
        return model(images[chosen])[0]

    together = run(slice(None))
    for one in range(3):
        torch.testing.assert_close(together[one], run(slice(one, one + 1))[0], rtol=0, atol=1e-12)
    assert not torch.allclose(run(slice(1)), case.plain(model)(images[:1])[0])


@pytest.mark.parametrize('tuning', [dict(DEEP, last=1), dict(type='ShallowPrompt', length=3)])
def test_travelling_prompts_of_an_image_that_is_taken_apart(monkeypatch, tuning):
    """What dropout leaves of an image's prompts goes with all parts of that image."""
    case = CASES['mobilevit']
    model, images = case.build(dict(tuning, dropout=0.5)), case.images(3)
    model.tuning.train()
    scale = torch.tensor([1., -2., 3.], dtype=torch.float64)[:, None, None]
    chosen = slice(None)
    monkeypatch.setattr(model.tuning, 'drop', lambda tokens, batch: tokens.unsqueeze(-3) * scale[chosen])
    together, alone = model(images)[0], []
    for one in range(3):
        chosen = slice(one, one + 1)
        alone += model(images[chosen])[0]
    torch.testing.assert_close(together, torch.stack(alone), rtol=0, atol=1e-12)
    assert not torch.allclose(together, case.plain(model)(images)[0])
