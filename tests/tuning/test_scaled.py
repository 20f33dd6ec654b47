"""SSF against layers and norms whose weights are the scaled ones, in float64; its count, and merging."""
import copy

import pytest
import torch
from mmpretrain.models import ConvNeXt, ResNet, SwinTransformer, VisionTransformer

from tests.protocols import BACKBONES, DEEP, LORA, build, images, learned
from tests.twins.compare import assert_twins, run_plain
from vpt_mm.models.weightless import build_weightless

PLAIN = dict(vit=VisionTransformer, swin=SwinTransformer, convnext=ConvNeXt, resnet=ResNet)
SSF = dict(type='SSF')


def scaled_weights(model):
    """{key: g W, g b + shift}, written out, with a graph."""
    own, found = dict(model.named_parameters()), {}
    for name, _ in model.named_modules():
        prefix = f"tuning.pairs.{name.replace('.', '_')}."
        scale, shift = own.get(prefix + 'scale'), own.get(prefix + 'shift')
        if scale is not None:
            weight = own[f'{name}.weight']
            found[f'{name}.weight'] = torch.einsum('o,o...->o...', scale, weight)
            if shift is not None:
                found[f'{name}.bias'] = scale * own[f'{name}.bias'] + shift
    return found


@pytest.mark.parametrize('backbone, changes, scaled', [
    ('vit', dict(), 1 + 4 * 6 + 1), ('vit', dict(out_type='featmap', out_indices=[1, 2], qkv_bias=False), 1 + 3 * 6),
    ('swin', dict(out_indices=(0, 1)), 2 + 3 * 6 + 2 + 2), ('convnext', dict(), 8 + 5 * 3 + 1),
    ('resnet', dict(), 40)])
def test_it_equals_scaled_weights(backbone, changes, scaled):
    model, image = learned(backbone, SSF, **changes), images()
    config = {key: copy.deepcopy(value) for key, value in {**BACKBONES[backbone], **changes}.items() if key != 'type'}
    weights = scaled_weights(model)
    assert len([key for key in weights if key.endswith('.weight')]) == scaled
    expected = run_plain(PLAIN[backbone], model, image, weights, **config)
    assert_twins(model(image), expected, list(model.tuning.parameters()))


def test_the_count_of_the_paper():
    """ViT-B/16: 0.28M with the head for CIFAR-100's classes, 76,900 (table 1)."""
    model = build_weightless(dict(type='PromptedViT', arch='base', tuning=SSF))
    assert sum(p.numel() for p in model.parameters() if p.requires_grad) == 205_824


@pytest.mark.parametrize('backbone, tuning', [
    ('vit', SSF), ('swin', [SSF, LORA]), ('convnext', [LORA, SSF]), ('resnet', SSF), ('beit', SSF)])
def test_merged_the_plain_backbone_computes_the_same(backbone, tuning):
    model, plain, image = learned(backbone, tuning).eval(), build(backbone, None), images()
    expected = model(image)
    model.tuning.merge_into(model.host)
    plain.load_state_dict({key: tensor for key, tensor in model.state_dict().items() if not key.startswith('tuning.')})
    for ours, theirs in zip(plain.eval()(image), expected):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12 * max(1, theirs.abs().max().item()))


def test_prompts_see_the_scaled_layers():
    """VPT-deep with SSF is VPT-deep on a backbone whose weights are the scaled ones."""
    model, other, image = learned('vit', [DEEP, SSF]).eval(), build('vit', DEEP).eval(), images()
    expected, _ = model(image)[0], model.tuning[1].merge_into(model)
    other.load_state_dict({key.replace('tuning.0.', 'tuning.'): tensor for key, tensor in model.state_dict().items()
                           if not key.startswith('tuning.1.')})
    torch.testing.assert_close(other(image)[0], expected, rtol=0, atol=1e-12)


def test_the_plain_pass_is_as_before():
    model, plain = learned('vit', SSF).eval(), build('vit', None).eval()
    plain.load_state_dict({key: tensor for key, tensor in model.state_dict().items() if not key.startswith('tuning.')})
    image = images()
    torch.testing.assert_close(model.plain(image)[0], plain(image)[0], rtol=0, atol=1e-12)
    assert not torch.allclose(model(image)[0], plain(image)[0])
