"""Adapter and LoRA against naive twins in float64, their counts, copies, merging, and what they refuse."""
import copy

import pytest
import torch
from mmpretrain.models import ConvNeXt, SwinTransformer, VisionTransformer

from tests.protocols import ADAPTER, BACKBONES, DEEP, LORA, POINTWISE, build
from tests.twins.compare import assert_twins, run_plain
from vpt_mm.errors import UsageError
from vpt_mm.models.weightless import build_weightless
from vpt_mm.tuning import Adapter

PLAIN = dict(vit=VisionTransformer, swin=SwinTransformer, convnext=ConvNeXt)
SWIN_BOTH = dict(out_indices=(0, 1))


def learned(backbone, tuning, **changes):
    """A tiny backbone whose method's parameters are off their initial values as well."""
    model = build(backbone, tuning, **changes)
    for parameter in model.tuning.parameters():
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    return model


def images(batch=2):
    return torch.randn(batch, 3, 32, 32, dtype=torch.float64)


def plain_config(backbone, **changes):
    return {key: copy.deepcopy(value) for key, value in {**BACKBONES[backbone], **changes}.items() if key != 'type'}


def updated_weights(model, scale):
    """{key: W + scale * up @ down}, written out, with a graph."""
    weights = dict(model.named_parameters())
    pairs = {key.split('.')[2] for key in weights if key.startswith('tuning.updates.')}
    names = {name.replace('.', '_'): name for name, _ in model.named_modules()}
    return {f'{names[pair]}.weight': weights[f'{names[pair]}.weight']
            + scale * weights[f'tuning.updates.{pair}.up'] @ weights[f'tuning.updates.{pair}.down'] for pair in pairs}


@pytest.mark.parametrize('backbone, tuning, changes, layers', [
    ('vit', dict(LORA, alpha=6), dict(), 4), ('vit', dict(LORA, alpha=6), dict(out_type='featmap'), 4),
    ('vit', dict(LORA, alpha=6, targets=['attn.proj', 'ffn.layers.0.0', 'ffn.layers.1']), dict(), 12),
    ('vit', dict(LORA, alpha=6), dict(qkv_bias=False), 4),
    ('swin', dict(LORA, alpha=6), SWIN_BOTH, 3),
    ('swin', dict(LORA, alpha=6, targets=['reduction', 'w_msa.proj']), SWIN_BOTH, 4),
    ('convnext', dict(POINTWISE, alpha=6), dict(), 10)])
def test_lora_equals_updated_weights(backbone, tuning, changes, layers):
    model = learned(backbone, tuning, **changes)
    image, weights = images(), updated_weights(model, scale=3.)
    assert len(weights) == layers == len(model.tuning.updates)
    expected = run_plain(PLAIN[backbone], model, image, weights, **plain_config(backbone, **changes))
    assert_twins(model(image), expected, list(model.tuning.parameters()))


@pytest.mark.parametrize('backbone', ['vit', 'swin'])
def test_prompts_see_the_updated_weights(backbone):
    """VPT-deep with LoRA is VPT-deep on a backbone whose weights are the updated ones."""
    model, other = learned(backbone, [DEEP, LORA]), build(backbone, DEEP)
    state = {key.replace('tuning.0.', 'tuning.'): tensor for key, tensor in model.state_dict().items()
             if not key.startswith('tuning.1.')}
    names = {name.replace('.', '_'): name for name, _ in model.named_modules()}
    for pair, update in model.tuning[1].updates.items():
        state[f'{names[pair]}.weight'] = state[f'{names[pair]}.weight'] + update.up.detach() @ update.down.detach()
    other.load_state_dict(state)
    image = images()
    torch.testing.assert_close(model(image)[0], other(image)[0], rtol=0, atol=1e-12)


@pytest.mark.parametrize('backbone', ['vit', 'swin'])
def test_keys_and_values_that_inference_keeps_follow_the_update(backbone):
    model, image = learned(backbone, [DEEP, LORA]).eval(), images()
    with torch.no_grad():
        model(image)
        for update in model.tuning[1].updates.values():
            update.up += 1
        fresh = copy.deepcopy(model)  # copies keep nothing
        torch.testing.assert_close(model(image)[0], fresh(image)[0], rtol=0, atol=1e-12)


def naive_adapter(block, tensors):
    """x + up(gelu(down(x))), each row by matrix products."""
    down, down_bias, up, up_bias = tensors
    return lambda x: x + torch.nn.functional.gelu(x @ down.T + down_bias) @ up.T + up_bias


def adapters(model):
    weights = dict(model.named_parameters())
    return [naive_adapter(block, [weights[f'tuning.blocks.{block}.{key}']
                                  for key in ('down.weight', 'down.bias', 'up.weight', 'up.bias')])
            for block in range(len(model.blocks))]


def test_adapter_on_vit_stands_after_the_ffn_before_its_residual():
    model, image = learned('vit', ADAPTER, out_type='raw'), images()
    tokens, _ = model.embed(image)
    for block, adapter in zip(model.layers, adapters(model)):
        tokens = tokens + block.attn(block.ln1(tokens))
        tokens = tokens + adapter(block.ffn.layers(block.ln2(tokens)))
    assert_twins(model(image), [model.ln1(tokens)], list(model.tuning.parameters()))


def test_adapter_on_swin():
    model, image = learned('swin', ADAPTER, **SWIN_BOTH), images()
    tokens, hw = model.embed(image)
    remaining, expected = adapters(model), []
    for index, stage in enumerate(model.stages):
        for block in stage.blocks:
            tokens = tokens + block.attn(block.norm1(tokens), hw)
            tokens = tokens + remaining.pop(0)(block.ffn.layers(block.norm2(tokens)))
        normalised = getattr(model, f'norm{index}')(tokens)
        expected.append(normalised.view(2, *hw, -1).permute(0, 3, 1, 2))
        if stage.downsample:
            tokens, hw = stage.downsample(tokens, hw)
    assert_twins(model(image), expected, list(model.tuning.parameters()))


def test_adapter_on_convnext_stands_after_the_layer_scale():
    model, image = learned('convnext', ADAPTER), images()
    features, remaining = image, adapters(model)
    for downsample, stage in zip(model.downsample_layers, model.stages):
        features = downsample(features)
        for block in stage:
            inner = block.norm(block.depthwise_conv(features)).permute(0, 2, 3, 1)
            inner = block.gamma * block.pointwise_conv2(block.act(block.pointwise_conv1(inner)))
            features = features + remaining.pop(0)(inner).permute(0, 3, 1, 2)
    expected = [model.norm3(features.mean([-2, -1], keepdim=True)).flatten(1)]
    assert_twins(model(image), expected, list(model.tuning.parameters()))


@pytest.mark.parametrize('arch, patch, reduction, count', [
    ('base', 16, 8, 1_779_840), ('base', 16, 64, 230_544), ('base', 16, 256, 64_548),
    ('large', 16, 8, 6_319_104), ('large', 16, 64, 811_392), ('large', 16, 256, 221_280),
    ('huge', 14, 8, 13_153_280), ('huge', 14, 64, 1_680_000), ('huge', 14, 256, 450_720)])
def test_adapter_counts_of_the_paper(arch, patch, reduction, count):
    model = build_weightless(dict(type='PromptedViT', arch=arch, patch_size=patch,
                                  tuning=dict(type='Adapter', reduction=reduction)))
    assert sum(p.numel() for p in model.parameters() if p.requires_grad) == count


def test_lora_count():
    """12 blocks, rank 16: from 768 to 16 and from 16 to 3 x 768."""
    tuning = dict(type='LoRA', rank=16)
    model = build_weightless(dict(type='PromptedViT', arch='base', tuning=tuning))
    assert sum(p.numel() for p in model.parameters() if p.requires_grad) == 12 * 16 * (768 + 3 * 768)


def test_lora_parameters_belong_to_the_method_alone():
    model = build('vit', LORA)
    names = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
    assert sorted(names) == sorted(f'tuning.updates.layers_{block}_attn_qkv.{part}' for block in range(4)
                                   for part in ('down', 'up'))
    assert len(list(model.parameters())) == len({id(one) for one in model.parameters()})


@pytest.mark.parametrize('backbone, tuning', [('vit', LORA), ('swin', LORA), ('convnext', POINTWISE),
                                              ('vit', [LORA, dict(type='BiasTuning')])])
def test_lora_merges_into_the_weights(backbone, tuning):
    model, plain = learned(backbone, tuning), build(backbone, None)
    image = images()
    before = model(image)[0]
    model.tuning.merge_into(model)
    assert torch.allclose(model(image)[0], before, rtol=0, atol=1e-12)
    plain.load_state_dict({key: tensor for key, tensor in model.state_dict().items() if 'tuning.' not in key})
    torch.testing.assert_close(plain.eval()(image)[0], before, rtol=0, atol=1e-12)


def test_lora_merges_exactly_into_weights_that_are_stored_in_half():
    model = build('vit', LORA, frozen_dtype='bfloat16')
    layer, update = model.layers[0].attn.qkv, model.tuning.updates['layers_0_attn_qkv']
    update.up.data.normal_(std=1e-4)
    expected = layer.weight.double() + update.weight
    model.tuning.merge_into(model)
    assert layer.weight.dtype == torch.float64 and torch.equal(layer.weight, expected)


@pytest.mark.parametrize('tuning', [ADAPTER, dict(type='SideTuning', width=2), [LORA, DEEP]])
def test_what_has_no_place_in_the_plain_backbone_is_not_merged(tuning):
    model = build('vit', tuning)
    with pytest.raises(UsageError, match="can't be merged"):
        model.tuning.merge_into(model)


@pytest.mark.parametrize('tuning, message', [
    (dict(type='Adapter', reduction=0), 'Adapter: reduction must be a whole number of at least 1, got 0'),
    (dict(type='Adapter', reduction=1.5), 'Adapter: reduction must be a whole number of at least 1, got 1.5'),
    (dict(type='Adapter', reduction=33), r'must be 1\.\.32, the width of the narrowest block of PromptedViT, got 33'),
    (dict(type='LoRA', rank=0), 'LoRA: rank must be a whole number of at least 1, got 0'),
    (dict(type='LoRA', rank=33), r'LoRA: rank must be 1\.\.32, the width of layers\.0\.attn\.qkv, got 33'),
    (dict(type='LoRA', rank=2, alpha=0), 'LoRA: alpha must be a positive number, got 0'),
    (dict(type='LoRA', rank=2, targets=['qkv', 'kv']),
     "got 'kv'; there are attn.qkv, attn.proj, ffn.layers.0.0, ffn.layers.1"),
    (dict(type='LoRA', rank=2, targets=[]), 'every one of targets must name linear layers of PromptedViT, got')])
def test_what_does_not_fit_is_refused(tuning, message):
    with pytest.raises(UsageError, match=message):
        build('vit', tuning)


@pytest.mark.parametrize('backbone, tuning, message', [
    ('resnet', ADAPTER, 'Adapter does not fit PromptedResNet.*: use one of BiasTuning'),
    ('resnet', LORA, 'LoRA does not fit PromptedResNet, which has no linear layers: use one of'),
    ('convnext', LORA, 'pointwise_conv1, pointwise_conv2'),
    ('swin', dict(ADAPTER, reduction=9), r'1\.\.8, the width of the narrowest block of PromptedSwin')])
def test_backbones_that_can_not_host_them(backbone, tuning, message):
    with pytest.raises(UsageError, match=message):
        build(backbone, tuning)


def test_the_hint_names_only_what_fits():
    with pytest.raises(UsageError) as caught:
        build('resnet', DEEP)
    assert 'BiasTuning' in str(caught.value) and 'SideTuning' in str(caught.value)
    assert not any(name in str(caught.value) for name in ('ClsTokenTuning', 'LoRA', 'Adapter'))


def test_an_adapter_starts_as_the_identity_with_random_weights_below():
    method = Adapter(4)
    method.build_for(build('vit', None))
    for block in method.blocks:
        assert block.down.weight.std() > 0.05 and not block.up.weight.any() and not block.up.bias.any()
        assert block.down.weight.shape == (8, 32)
