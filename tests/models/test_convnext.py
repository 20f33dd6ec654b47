"""PromptedConvNeXt against mmpretrain's ConvNeXt, in float64, outputs and gradients."""
import copy

import pytest
import torch
from mmengine.registry import MODELS
from mmpretrain.models import ConvNeXt
from torch import nn

from tests.twins.compare import assert_twins, run_plain
from tests.twins.pixels import frame_around
from vpt_mm.errors import UsageError
from vpt_mm.tuning import TUNING_METHODS, TuningMethod

ARCH = dict(depths=[1, 2, 1, 1], channels=[8, 12, 16, 20])
VARIANTS = [dict(), dict(gap_before_final_norm=False, out_indices=[0, 1, 2, 3]), dict(out_indices=[1, -1]),
            dict(linear_pw_conv=False), dict(use_grn=True, layer_scale_init_value=0.),
            dict(use_grn=True, linear_pw_conv=False, with_cp=True), dict(stem_patch_size=2, with_cp=True)]
PAD = dict(type='PixelPadPrompt', pad=5, size=64)


def build(tuning=None, **kwargs):
    """A tiny float64 model with all parameters off their initial values."""
    config = dict(arch=copy.deepcopy(ARCH), layer_scale_init_value=0.5)
    model = MODELS.build(dict(type='PromptedConvNeXt', tuning=tuning, **{**config, **copy.deepcopy(kwargs)})).double()
    for parameter in model.parameters():
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    return model


def twin(model, image, replaced=(), **kwargs):
    config = dict(arch=copy.deepcopy(ARCH), layer_scale_init_value=0.5)
    return run_plain(ConvNeXt, model, image, replaced, **{**config, **copy.deepcopy(kwargs), 'with_cp': False})


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
    model, image = build(dict(type='FullTuning'), **variant), make_image(*size)
    expected = twin(model, image, **variant)
    assert_twins(model(image), expected, list(model.parameters()))


@pytest.mark.parametrize('variant', VARIANTS)
def test_pooled_outputs_pool_the_frame_as_well(variant):
    variant = {**variant, 'gap_before_final_norm': True}
    model, image = build(PAD, **variant), make_image(64, 64)
    rows, columns = model.tuning.rows, model.tuning.columns
    assert_twins(model(image), twin(model, frame_around(image, rows, columns), **variant), [rows, columns])


def test_maps_of_a_frame_that_continues_the_image_are_those_of_the_larger_image():
    options = dict(gap_before_final_norm=False, out_indices=[0, 1, 2, 3])
    model, scene = build(dict(type='PixelPadPrompt', pad=32, size=64), **options), make_image(128, 128)[:1]
    image, tuning = scene[:, :, 32:-32, 32:-32], model.tuning
    tuning.rows.data = torch.cat([scene[:, :, :32], scene[:, :, -32:]])
    tuning.columns.data = torch.cat([scene[:, :, 32:-32, :32], scene[:, :, 32:-32, -32:]])
    for ours, larger, cells in zip(model(image), twin(model, scene, **options), (16, 8, 4, 2), strict=True):
        middle = larger[:, :, cells // 2:-cells // 2, cells // 2:-cells // 2]
        torch.testing.assert_close(ours, middle, rtol=0, atol=1e-12)


@TUNING_METHODS.register_module()
class BranchScale(TuningMethod):
    """A stand-in for adapters: scales each channel of each block's branch."""

    def build_for(self, backbone):
        self.scales = nn.ParameterList([1 + torch.rand(width) for width in backbone.block_widths])

    def after_ffn(self, branch, tokens, place, memory):
        return branch * self.scales[place.block]


@pytest.mark.parametrize('variant', [dict(), dict(linear_pw_conv=False), dict(with_cp=True)])
def test_adapters_see_the_branch_of_each_block(variant):
    model, image = build(dict(type='BranchScale'), **variant), make_image(64, 64)
    blocks = [f'stages.{stage}.{number}' for stage, depth in enumerate(ARCH['depths']) for number in range(depth)]
    scaled = {f'{block}.gamma': model.get_parameter(f'{block}.gamma') * scale
              for block, scale in zip(blocks, model.tuning.scales, strict=True)}
    assert_twins(model(image), twin(model, image, scaled, **variant), list(model.tuning.parameters()))


def test_block_widths():
    assert build().block_widths == (8, 12, 12, 16, 20)


@pytest.mark.parametrize('kind', ['DeepPrompt', 'ShallowPrompt', 'PixelPatchPrompt'])
def test_methods_for_tokens_are_refused(kind):
    with pytest.raises(UsageError, match=f'{kind} does not fit PromptedConvNeXt, a ConvNet.*'
                                         'BiasTuning, .*ChannelPrompt, .*PixelPadPrompt') as refusal:
        build([PAD, dict(type=kind, length=2)])
    fitting = str(refusal.value).split('use one of')[1]
    assert not any(name in fitting for name in ('DeepPrompt', 'ShallowPrompt', 'TokenPrompt', 'PixelPrompt'))


def test_an_image_below_the_stride_of_a_map_is_refused():
    model = build(PAD, gap_before_final_norm=False)
    with pytest.raises(UsageError, match='one feature for each 32x32 pixels, and this image of 31x64 has none'):
        model(make_image(31, 64))


def test_frozen_stages_give_way_to_the_tuning_method():
    model = build(dict(type='BiasTuning'), frozen_stages=2)
    model.train()
    assert {key for key, parameter in model.named_parameters() if parameter.requires_grad} == model.trained
    assert 'stages.0.0.depthwise_conv.bias' in model.trained
    assert not build(frozen_stages=2).stages[0][0].gamma.requires_grad


def test_frozen_parts_stay_in_eval_mode():
    model = build(PAD, drop_path_rate=0.5)
    assert model.train() is model and model.tuning.training
    assert not any(part.training for name, part in model.named_modules() if name and not name.startswith('tuning'))
    image = make_image(64, 64)
    assert torch.equal(model(image)[0], model(image)[0])


def test_maps_lie_channels_last_inside_and_first_outside():
    model, inside = build(PAD, gap_before_final_norm=False), []
    for stage in model.stages:
        for block in stage:
            block.depthwise_conv.register_forward_hook(lambda conv, inputs, output: inside.extend([*inputs, output]))
    output = model(make_image(128, 128))[0]
    assert len(inside) == 10 and all(one.is_contiguous(memory_format=torch.channels_last) for one in inside)
    assert output.is_contiguous()


def test_state_dicts_are_those_of_the_plain_backbone():
    model, plain = build(PAD), ConvNeXt(arch=copy.deepcopy(ARCH)).double()
    state = {key: tensor for key, tensor in model.state_dict().items() if not key.startswith('tuning.')}
    plain.load_state_dict(state)
    before = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    for parameter in model.parameters():
        parameter.data.zero_()
    assert not model.load_state_dict(plain.state_dict(), strict=False).unexpected_keys
    assert all(torch.equal(model.state_dict()[key], before[key]) for key in state)


def test_the_configs_of_the_caller_stay_as_they_were():
    config = dict(type='PromptedConvNeXt', arch=copy.deepcopy(ARCH), out_indices=[-2, -1], tuning=[dict(PAD)])
    before = copy.deepcopy(config)
    MODELS.build(config)
    assert config == before


def test_count_of_the_paper():
    model = MODELS.build(dict(type='PromptedConvNeXt', arch='base', tuning=dict(type='PixelPadPrompt', pad=5)))
    counts = [sum(p.numel() for p in model.parameters() if p.requires_grad == trains) for trains in (False, True)]
    assert counts == [87_566_464, 13_740]
