"""SideTuning: the blend, its gradients, and where it has no place."""
from types import SimpleNamespace

import pytest
import torch
from mmengine.registry import MODELS
from mmpretrain.models import VisionTransformer

from tests.conftest import TINY
from tests.protocols import BACKBONES, DEEP, PAD, SIDE, build
from tests.twins.compare import assert_twins, run_plain
from vpt_mm.engine import FreezeBackboneHook
from vpt_mm.errors import UsageError


def images():
    return torch.randn(2, 3, 32, 32, dtype=torch.float64)


def naive_side(weights, image):
    """Four strided convolutions, a mean over positions, a matrix product."""
    for layer in range(4):
        image = torch.nn.functional.conv2d(image, weights[f'tuning.side.{layer}.0.weight'],
                                           weights[f'tuning.side.{layer}.0.bias'], stride=2, padding=1)
        image = torch.nn.functional.gelu(image)
    return image.mean(dim=(2, 3)) @ weights['tuning.side.6.weight'].T + weights['tuning.side.6.bias']


@pytest.mark.parametrize('gate', [0., 1.5])
def test_it_equals_the_blend_written_out(gate):
    model, image = build('vit', SIDE), images()
    model.tuning.gate.data.fill_(gate)
    weights = dict(model.named_parameters())
    plain, = run_plain(VisionTransformer, model, image, arch=TINY, img_size=32, patch_size=8)
    share = 1 / (1 + torch.exp(-weights['tuning.gate']))
    expected = [share * plain + (1 - share) * naive_side(weights, image)]
    assert_twins(model(image), expected, list(model.tuning.parameters()))


@pytest.mark.parametrize('backbone', ['swin', 'resnet'])
def test_on_a_map_it_equals_the_blend_after_pooling(backbone):
    model, plain, image = build(backbone, SIDE), build(backbone, None), images()
    plain.load_state_dict(model.state_dict(), strict=False)
    side = naive_side(dict(model.named_parameters()), image)
    expected = (plain.eval()(image)[0].mean(dim=(2, 3)) + side) / 2
    torch.testing.assert_close(model.eval()(image)[0].mean(dim=(2, 3)), expected, rtol=0, atol=1e-12)


def test_it_sees_the_image_without_the_prompts_of_others():
    model, image = build('vit', [PAD, DEEP, SIDE]), images()
    tuning = model.tuning[2]
    seen = []
    tuning.side.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    model(image)
    assert seen[0] is image


@pytest.mark.parametrize('backbone, changes', [
    ('vit', dict(out_type='featmap')), ('vit', dict(out_type='raw')), ('vit', dict(out_indices=[1, 3])),
    ('swin', dict(out_indices=(0, 1))), ('swin', dict(out_indices=(0,))), ('resnet', dict(out_indices=(2,))),
    ('convnext', dict(gap_before_final_norm=False)), ('convnext', dict(out_indices=[2, 3]))])
def test_dense_or_several_outputs_are_refused(backbone, changes):
    with pytest.raises(UsageError, match='SideTuning blends the one feature that a classifier reads'):
        build(backbone, SIDE, **changes)


def test_a_segmentor_is_refused():
    head = dict(type='mmseg.FCNHead', in_channels=16, in_index=0, channels=4, num_classes=2)
    segmentor = MODELS.build(dict(type='mmseg.EncoderDecoder', backbone=dict(BACKBONES['swin'], tuning=SIDE),
                                  decode_head=head))
    with pytest.raises(UsageError, match='which a segmentor does not read'):
        FreezeBackboneHook().before_run(SimpleNamespace(model=segmentor, hooks=[], register_hook=lambda *_: None))


@pytest.mark.parametrize('width', [0, 2.5])
def test_a_side_network_has_width(width):
    with pytest.raises(UsageError, match='SideTuning: width must be a whole number of at least 1'):
        build('vit', dict(type='SideTuning', width=width))
