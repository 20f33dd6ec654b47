"""PromptedResNet against mmpretrain's ResNet, in float64, outputs and gradients."""
import pytest
import torch
from mmengine.registry import MODELS
from mmpretrain.models import ResNet
from torch import nn

from tests.twins.compare import assert_twins, run_plain
from tests.twins.pixels import frame_around
from vpt_mm.errors import UsageError

SMALL = dict(base_channels=4, stem_channels=8)
VARIANTS = [dict(depth=18, out_indices=(0, 1, 2, 3)), dict(depth=50), dict(depth=50, style='caffe', norm_eval=True),
            dict(depth=18, deep_stem=True, avg_down=True, out_indices=(1, 3)), dict(depth=50, with_cp=True),
            dict(depth=18, strides=(1, 2, 1, 1), dilations=(1, 1, 2, 4), out_indices=(2, 3)),
            dict(depth=18, num_stages=3, strides=(1, 2, 2), dilations=(1, 1, 1), out_indices=(2,)),
            dict(depth=18, norm_cfg=dict(type='GN', num_groups=2))]
PAD = dict(type='PixelPadPrompt', pad=5, size=64)


def build(tuning=None, **kwargs):
    """A tiny float64 model, all of whose parameters and statistics are off their initial values."""
    model = MODELS.build(dict(type='PromptedResNet', tuning=tuning, **{**SMALL, **kwargs})).double()
    for conv in (module for module in model.modules() if isinstance(module, nn.Conv2d)):
        nn.init.kaiming_normal_(conv.weight)  # what goes through all layers keeps its size
    for parameter in model.parameters():
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    for key, statistic in model.named_buffers():
        if 'running' in key:
            statistic.add_(torch.rand_like(statistic) if 'var' in key else 0.1 * torch.randn_like(statistic))
    return model


def twin(model, image, **kwargs):
    return run_plain(ResNet, model, image, **{**SMALL, **kwargs, 'with_cp': False})


def make_image(*size):
    return torch.randn(2, 3, *size, dtype=torch.float64)


@pytest.mark.parametrize('size', [(64, 64), (50, 75)])
@pytest.mark.parametrize('variant', VARIANTS)
def test_no_tuning_is_the_plain_backbone_bit_for_bit(variant, size):
    model, image = build(**variant), make_image(*size)
    model.eval()
    for ours, theirs in zip(model(image), twin(model, image, **variant), strict=True):
        assert torch.equal(ours, theirs)
    assert all(parameter.requires_grad for parameter in model.parameters())


@pytest.mark.parametrize('size', [(64, 64), (50, 75)])
@pytest.mark.parametrize('variant', VARIANTS)
def test_full_tuning_equals_the_plain_backbone(variant, size):
    model, image = build(dict(type='FullTuning'), **variant).eval(), make_image(*size)
    assert_twins(model(image), twin(model, image, **variant), list(model.parameters()))


@pytest.mark.parametrize('variant', VARIANTS)
def test_maps_that_are_not_realigned_are_those_of_the_framed_image(variant):
    model, image = build(PAD, realign=False, **variant), make_image(64, 64)
    rows, columns = model.tuning.rows, model.tuning.columns
    assert_twins(model(image), twin(model, frame_around(image, rows, columns), **variant), [rows, columns])


@pytest.mark.parametrize('variant', VARIANTS[:1] + VARIANTS[3:4] + VARIANTS[5:6])
def test_maps_of_a_frame_that_continues_the_image_are_those_of_the_larger_image(variant):
    model, scene = build(dict(type='PixelPadPrompt', pad=32, size=64), **variant), make_image(128, 128)[:1]
    image, tuning = scene[:, :, 32:-32, 32:-32], model.tuning
    tuning.rows.data = torch.cat([scene[:, :, :32], scene[:, :, -32:]])
    tuning.columns.data = torch.cat([scene[:, :, 32:-32, :32], scene[:, :, 32:-32, -32:]])
    larger, plain = twin(model, scene, **variant), twin(model, image, **variant)
    for ours, theirs, shape in zip(model(image), larger, (one.shape for one in plain), strict=True):
        edge = (theirs.shape[-1] - shape[-1]) // 2
        middle = theirs[:, :, edge:-edge, edge:-edge]
        torch.testing.assert_close(ours, middle, rtol=0, atol=1e-12 * max(1, middle.abs().max().item()))


@pytest.mark.parametrize('size', [(64, 64), (50, 75), (33, 32), (224, 97)])
@pytest.mark.parametrize('pad', [1, 7, 16, 40])
@pytest.mark.parametrize('variant', VARIANTS[:1] + VARIANTS[3:4] + VARIANTS[5:7])
def test_maps_have_the_plain_shapes_and_layout(variant, pad, size):
    model, image = build(dict(PAD, pad=pad), **variant), make_image(*size)[:1]
    with torch.no_grad():
        ours, plain = model(image), twin(model, image, **variant)
    assert [(one.shape, one.stride()) for one in ours] == [(one.shape, one.stride()) for one in plain]


def test_frozen_batch_norms_keep_their_statistics():
    model, image = build(PAD, depth=18), make_image(64, 64)
    before = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    output = model.train()(image)[0]
    output.square().mean().backward()
    assert torch.equal(model.eval()(image)[0], output)
    model.train()
    assert all(torch.equal(model.state_dict()[key], tensor) for key, tensor in before.items())
    assert not any(part.training for name, part in model.named_modules() if name and not name.startswith('tuning'))
    assert all(parameter.grad is None for key, parameter in model.named_parameters() if not key.startswith('tuning'))


@pytest.mark.parametrize('norm_eval', [False, True])
def test_full_tuning_moves_statistics_unless_norms_are_in_eval_mode(norm_eval):
    model = build(dict(type='FullTuning'), depth=18, norm_eval=norm_eval)
    before = model.bn1.running_mean.clone()
    model.train()(make_image(64, 64))
    assert torch.equal(model.bn1.running_mean, before) == norm_eval


def test_frozen_stages_give_way_to_the_tuning_method():
    model = build(dict(type='BiasTuning'), depth=18, frozen_stages=2)
    assert model.train() is model
    assert {key for key, parameter in model.named_parameters() if parameter.requires_grad} == model.trained
    assert {'bn1.bias', 'layer1.0.bn1.bias'} <= model.trained
    assert not build(depth=18, frozen_stages=2).conv1.weight.requires_grad


def test_block_widths():
    assert build(depth=18).block_widths == (4, 4, 8, 8, 16, 16, 32, 32)
    assert build(depth=50).block_widths == (16,) * 3 + (32,) * 4 + (64,) * 6 + (128,) * 3


@pytest.mark.parametrize('tuning', [
    dict(type='DeepPrompt', length=2), dict(type='ShallowPrompt', length=2), dict(type='PixelPatchPrompt', length=2)])
def test_methods_for_tokens_are_refused(tuning):
    with pytest.raises(UsageError, match=f'{tuning["type"]} does not fit PromptedResNet, a ConvNet.*PixelPadPrompt'):
        build(tuning, depth=18)


def test_maps_lie_channels_last_inside():
    model, inside = build(PAD, depth=18), []
    for block in model.layer2:
        block.conv1.register_forward_hook(lambda conv, inputs, output: inside.extend([*inputs, output]))
    model(make_image(64, 64))
    inside += [conv.weight for conv in model.modules() if isinstance(conv, nn.Conv2d)]
    assert len(inside) == 25 and all(one.is_contiguous(memory_format=torch.channels_last) for one in inside)


def test_state_dicts_are_those_of_the_plain_backbone():
    model, plain = build(PAD, depth=18), ResNet(depth=18, **SMALL).double()
    state = {key: tensor for key, tensor in model.state_dict().items() if not key.startswith('tuning.')}
    plain.load_state_dict(state)
    other = build(PAD, depth=18)
    assert not other.load_state_dict(plain.state_dict(), strict=False).unexpected_keys
    assert all(torch.equal(other.state_dict()[key], tensor) for key, tensor in state.items())


def test_count_of_resnet_50():
    model = MODELS.build(dict(type='PromptedResNet', depth=50, tuning=dict(type='PixelPadPrompt', pad=5)))
    counts = [sum(p.numel() for p in model.parameters() if p.requires_grad == trains) for trains in (False, True)]
    assert counts == [23_508_032, 13_740]
