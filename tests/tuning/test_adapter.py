"""Adapter against a naive twin in float64, its counts, and what it refuses."""
import pytest
import torch

from tests.protocols import ADAPTER, DEEP, build, images, learned
from tests.twins.compare import assert_twins
from vpt_mm.errors import UsageError
from vpt_mm.models.weightless import build_weightless
from vpt_mm.tuning import Adapter

SWIN_BOTH = dict(out_indices=(0, 1))


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


@pytest.mark.parametrize('tuning, message', [
    (dict(type='Adapter', reduction=0), 'Adapter: reduction must be a whole number of at least 1, got 0'),
    (dict(type='Adapter', reduction=1.5), 'Adapter: reduction must be a whole number of at least 1, got 1.5'),
    (dict(type='Adapter', reduction=33), r'must be 1\.\.32, the width of the narrowest block of PromptedViT, got 33')])
def test_what_does_not_fit_is_refused(tuning, message):
    with pytest.raises(UsageError, match=message):
        build('vit', tuning)


def test_too_narrow_a_block():
    with pytest.raises(UsageError, match=r'1\.\.8, the width of the narrowest block of PromptedSwin'):
        build('swin', dict(ADAPTER, reduction=9))


def test_the_hint_names_only_what_fits():
    with pytest.raises(UsageError) as caught:
        build('resnet', DEEP)
    assert 'BiasTuning' in str(caught.value) and 'SideTuning' in str(caught.value)
    assert not any(name in str(caught.value) for name in ('ClsTokenTuning', 'ShallowPrompt'))


def test_an_adapter_starts_as_the_identity_with_random_weights_below():
    method = Adapter(4)
    method.build_for(build('vit', None))
    for block in method.blocks.values():
        assert block.down.weight.std() > 0.05 and not block.up.weight.any() and not block.up.bias.any()
        assert block.down.weight.shape == (8, 32)
