"""LoRA against layers whose weights are the updated ones, in float64; its count, merging, and what it refuses."""
import copy

import pytest
import torch
from mmengine.model import BaseModule
from mmpretrain.models import ConvNeXt, ResNet, SwinTransformer, VisionTransformer

from tests.protocols import ADAPTER, BACKBONES, DEEP, LORA, build, images, learned
from tests.twins.compare import assert_twins, run_plain
from vpt_mm.errors import UsageError
from vpt_mm.models.hosted import prompted_backbone
from vpt_mm.models.weightless import build_weightless

PLAIN = dict(vit=VisionTransformer, swin=SwinTransformer, convnext=ConvNeXt, resnet=ResNet)
SWIN_BOTH = dict(out_indices=(0, 1))


def plain_config(backbone, **changes):
    return {key: copy.deepcopy(value) for key, value in {**BACKBONES[backbone], **changes}.items() if key != 'type'}


def updated_weights(model, scale):
    """{key: W + scale * up @ down}, written out, with a graph."""
    weights = dict(model.named_parameters())
    pairs = {key.split('.')[2] for key in weights if key.startswith('tuning.updates.')}
    names = {name.replace('.', '_'): name for name, _ in model.named_modules()}
    update = {pair: weights[f'tuning.updates.{pair}.up'] @ weights[f'tuning.updates.{pair}.down'] for pair in pairs}
    return {name: weights[name] + scale * update[pair].view_as(weights[name])
            for pair in pairs for name in [f'{names[pair]}.weight']}


@pytest.mark.parametrize('backbone, tuning, changes, layers', [
    ('vit', dict(LORA, alpha=6), dict(), 4), ('vit', dict(LORA, alpha=6), dict(out_type='featmap'), 4),
    ('vit', dict(LORA, alpha=6, targets=['attn.proj', 'ffn.layers.0.0', 'ffn.layers.1']), dict(), 12),
    ('vit', dict(LORA, alpha=6), dict(qkv_bias=False), 4),
    ('swin', dict(LORA, alpha=6), SWIN_BOTH, 3),
    ('swin', dict(LORA, alpha=6, targets=['reduction', 'w_msa.proj']), SWIN_BOTH, 4),
    ('convnext', dict(LORA, alpha=6), dict(), 10),
    ('convnext', dict(LORA, alpha=6, targets=['1', '2.1']), dict(), 3),
    ('resnet', dict(LORA, alpha=6), dict(), 19), ('resnet', dict(LORA, alpha=6, targets='conv1'), dict(), 9)])
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


@pytest.mark.parametrize('backbone, tuning', [('vit', LORA), ('swin', LORA), ('convnext', LORA), ('resnet', LORA),
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


@pytest.mark.parametrize('backbone, tuning, message', [
    ('vit', dict(type='LoRA', rank=0), 'LoRA: rank must be a whole number of at least 1, got 0'),
    ('vit', dict(type='LoRA', rank=33), r'LoRA: rank must be 1\.\.32, the width of layers\.0\.attn\.qkv, got 33'),
    ('vit', dict(type='LoRA', rank=2, alpha=0), 'LoRA: alpha must be a positive number, got 0'),
    ('vit', dict(type='LoRA', rank=2, targets=['qkv', 'kv']),
     "got 'kv'; there are projection, attn.qkv, attn.proj, ffn.layers.0.0, ffn.layers.1"),
    ('vit', dict(type='LoRA', rank=2, targets=[]), 'every one of targets must name linear layers or convolutions of'),
    ('convnext', dict(type='LoRA', rank=2, targets='depthwise_conv'), 'pointwise_conv1, pointwise_conv2')])
def test_what_does_not_fit_is_refused(backbone, tuning, message):
    with pytest.raises(UsageError, match=message):
        build(backbone, tuning)


class OfTorch(BaseModule):
    """A transformer of torch's own layers, which read weights of the layers below them."""

    def __init__(self, whole):
        super().__init__()
        self.patch_embed = torch.nn.Conv2d(3, 8, 8, stride=8)
        self.layers = torch.nn.ModuleList(torch.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True) if whole else
                                          OfAttention() for _ in range(2))

    def forward(self, image):
        tokens = self.patch_embed(image).flatten(2).transpose(1, 2)
        for layer in self.layers:
            tokens = layer(tokens)
        return (tokens.mean(dim=1),)


class OfAttention(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.attn, self.fc = torch.nn.MultiheadAttention(8, 2, batch_first=True), torch.nn.Linear(8, 8)

    def forward(self, tokens):
        return tokens + self.fc(self.attn(tokens, tokens, tokens)[0])


def test_layers_that_are_read_and_not_called():
    """An update of them would do nothing without a word."""
    model = prompted_backbone(of=OfTorch, whole=False, tuning=dict(type='LoRA', rank=2, targets='fc'))
    assert len(model.tuning.updates) == 2
    with pytest.raises(UsageError, match=r"every one of targets .* got 'out_proj'; there are patch_embed, fc\."):
        prompted_backbone(of=OfTorch, whole=False, tuning=dict(type='LoRA', rank=2, targets='out_proj'))
    with pytest.raises(UsageError, match=r'there are patch_embed\.'):
        prompted_backbone(of=OfTorch, whole=True, tuning=dict(type='LoRA', rank=2, targets='linear1'))
