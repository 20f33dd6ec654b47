"""Prompts in pixel space on every backbone, against twins that paint, concatenate and prepend."""
import copy

import pytest
import torch
import torch.nn.functional as F
from mmengine.registry import MODELS
from mmpretrain.models import ConvNeXt, ResNet, SwinTransformer, VisionTransformer
from torch import nn

from tests.conftest import TINY
from tests.twins.compare import assert_twins, run_plain
from tests.twins.pixels import frame_around, read_cells, shrink
from vpt_mm.errors import UsageError

PAD = dict(type='PixelPadPrompt', pad=3, size=32)
PATCH = dict(type='PixelPatchPrompt', length=3)
CHANNEL = dict(type='ChannelPrompt', channels=2)
VIT = dict(arch=TINY, img_size=32, patch_size=8, out_type='featmap', out_indices=[1, 3])
SWIN = dict(arch=dict(embed_dims=8, depths=[2, 2], num_heads=[2, 2]), img_size=32, window_size=4,
            pad_small_map=True, out_indices=(0, 1), drop_path_rate=0.)
CONVNEXT = dict(arch=dict(depths=[1, 1, 1, 1], channels=[8, 12, 16, 20]), layer_scale_init_value=0.5,
                out_indices=[0, 3], gap_before_final_norm=False)
RESNET = dict(depth=18, base_channels=8, stem_channels=8, out_indices=(0, 3))
BACKBONES = {  # our class, mmpretrain's, config, the first convolution's weight
    'vit': ('PromptedViT', VisionTransformer, VIT, 'patch_embed.projection.weight'),
    'swin': ('PromptedSwin', SwinTransformer, SWIN, 'patch_embed.projection.weight'),
    'convnext': ('PromptedConvNeXt', ConvNeXt, CONVNEXT, 'downsample_layers.0.0.weight'),
    'resnet': ('PromptedResNet', ResNet, RESNET, 'conv1.weight'),
    'resnet with a deep stem': ('PromptedResNet', ResNet, dict(RESNET, deep_stem=True), 'stem.0.conv.weight'),
}
TRANSFORMERS = ['vit', 'swin']
FITTING = [*((name, tuning) for name in BACKBONES for tuning in (PAD, CHANNEL)),
           *((name, PATCH) for name in TRANSFORMERS)]


def build(name, tuning):
    """A tiny float64 model, all of whose parameters and statistics are off their initial values."""
    ours, _, config, _ = BACKBONES[name]
    model = MODELS.build(dict(type=ours, tuning=copy.deepcopy(tuning), **copy.deepcopy(config))).double()
    for conv in (module for module in model.modules() if isinstance(module, nn.Conv2d)):
        nn.init.kaiming_normal_(conv.weight)  # what goes through all layers keeps its size
    for parameter in model.parameters():
        parameter.data.add_((0.1 if parameter.dim() < 4 else 0.02) * torch.randn_like(parameter))
    for statistic in (one for key, one in model.named_buffers() if 'running' in key):
        statistic.add_(0.1 * torch.rand_like(statistic))
    return model


def twin(name, model, image, replaced=(), **changed):
    _, plain, config, _ = BACKBONES[name]
    return run_plain(plain, model, image, replaced, **{**copy.deepcopy(config), **changed})


def strides(name):
    return dict(vit=(8, 8), swin=(4, 8)).get(name, (4, 32))


@pytest.mark.parametrize('size', [(32, 32), (64, 40), (50, 75)])
@pytest.mark.parametrize('name', BACKBONES)
def test_a_frame_equals_painting_and_reading_cell_by_cell(name, size):
    model, image = build(name, PAD), torch.randn(2, 3, *size, dtype=torch.float64)
    pad, inner = 3, [side - 6 for side in size] if name in TRANSFORMERS else size
    rows, columns = model.tuning.rows, model.tuning.columns
    picture = shrink(image, pad) if name in TRANSFORMERS else image
    wide = F.interpolate(rows, (pad, inner[1] + 2 * pad), mode='bilinear')
    tall = F.interpolate(columns, (inner[0], pad), mode='bilinear')
    expected = [read_cells(features, [[(pad + stride * (cell + 0.5) * inside / side) / stride - 0.5
                                       for cell in range(count)]
                                      for side, inside, count in zip(size, inner, plain.shape[2:])])
                for features, plain, stride in zip(twin(name, model, frame_around(picture, wide, tall)),
                                                   twin(name, model, image), strides(name), strict=True)]
    assert_twins(model(image), expected, [rows, columns])


@pytest.mark.parametrize('size', [(32, 32), (64, 40)])
@pytest.mark.parametrize('name', BACKBONES)
def test_channels_equal_concatenation_and_a_wider_convolution(name, size):
    model, image = build(name, CHANNEL), torch.randn(2, 3, *size, dtype=torch.float64)
    pixels, weight, first = model.tuning.pixels, model.tuning.weight, BACKBONES[name][3]
    channels = F.interpolate(pixels[None], size, mode='bilinear').expand(2, -1, -1, -1)
    wider = torch.cat([model.get_parameter(first), weight], dim=1)
    expected = twin(name, model, torch.cat([image, channels], dim=1), {first: wider}, in_channels=5)
    assert_twins(model(image), expected, [pixels, weight])


@pytest.mark.parametrize('size', [(32, 32), (64, 40)])
@pytest.mark.parametrize('name', TRANSFORMERS)
def test_patches_equal_tokens_that_are_their_embedding(name, size):
    model, image = build(name, PATCH), torch.randn(2, 3, *size, dtype=torch.float64)
    pixels, embed = model.tuning.pixels, model.patch_embed
    tokens = torch.stack([(embed.projection.weight * patch).sum((1, 2, 3)) for patch in pixels])
    tokens = tokens + embed.projection.bias
    tokens = tokens if embed.norm is None else embed.norm(tokens)
    shallow = build(name, dict(type='ShallowPrompt', length=3))
    shallow.load_state_dict(model.state_dict(), strict=False)
    del shallow.tuning.tokens
    shallow.tuning.tokens = tokens
    assert_twins(model(image), shallow(image), [pixels])


def test_patches_go_through_the_norm_before_the_blocks():
    model = MODELS.build(dict(type='PromptedViT', tuning=PATCH, pre_norm=True, **copy.deepcopy(VIT))).double()
    embedded = (model.patch_embed.projection.weight[None] * model.tuning.pixels[:, None]).sum((2, 3, 4))
    torch.testing.assert_close(model.embed_patches(model.tuning.pixels), model.pre_norm(embedded), rtol=0, atol=1e-12)


@pytest.mark.parametrize('name, tuning', FITTING)
def test_only_pixels_and_their_weights_train(name, tuning):
    model = build(name, tuning)
    trained = {key for key, parameter in model.named_parameters() if parameter.requires_grad}
    assert trained == {f'tuning.{key}' for key in model.tuning.state_dict()}
    for one in model(torch.randn(2, 3, 32, 32, dtype=torch.float64)):
        one.square().mean().backward(retain_graph=True)
    assert all(parameter.grad.abs().max() > 0 for parameter in model.tuning.parameters())


@pytest.mark.parametrize('name', BACKBONES)
def test_several_at_once(name):
    model, image = build(name, [PAD, CHANNEL]), torch.randn(2, 3, 32, 32, dtype=torch.float64)
    plain = twin(name, model, image)
    assert [one.shape for one in model(image)] == [one.shape for one in plain]
    model.tuning[1].weight.data.zero_()
    alone = build(name, PAD)
    alone.load_state_dict({key.replace('tuning.0.', 'tuning.'): tensor for key, tensor in model.state_dict().items()
                           if not key.startswith('tuning.1.')})
    for ours, theirs in zip(model(image), alone(image), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)


@pytest.mark.parametrize('name', BACKBONES)
def test_channels_start_from_the_plain_backbone(name):
    ours, _, config, _ = BACKBONES[name]
    model = MODELS.build(dict(type=ours, tuning=CHANNEL, **copy.deepcopy(config))).double()
    image = torch.randn(1, 3, 32, 32, dtype=torch.float64)
    for mine, plain in zip(model(image), twin(name, model, image), strict=True):
        torch.testing.assert_close(mine, plain, rtol=0, atol=1e-12)


@pytest.mark.parametrize('pad, count', [(1, 2_700), (3, 8_172), (5, 13_740), (7, 19_404), (9, 25_164), (11, 31_020)])
@pytest.mark.parametrize('name', ['convnext', 'resnet'])
def test_frame_counts_of_the_paper(name, pad, count):
    model = build(name, dict(type='PixelPadPrompt', pad=pad))
    assert sum(parameter.numel() for parameter in model.tuning.parameters()) == count


@pytest.mark.parametrize('name, shapes', [
    ('vit', [(2, 3, 3, 32), (2, 3, 26, 3)]), ('convnext', [(2, 3, 3, 230), (2, 3, 224, 3)])])
def test_a_frame_is_built_for_the_images_of_the_backbone(name, shapes):
    tuning = build(name, dict(type='PixelPadPrompt', pad=3)).tuning
    assert [tuple(one.shape) for one in (tuning.rows, tuning.columns)] == shapes


def test_pixels_start_as_normalised_images():
    model = MODELS.build(dict(type='PromptedConvNeXt', tuning=dict(type='PixelPadPrompt', pad=11), **CONVNEXT))
    rows = model.tuning.rows
    for channel, mean, std in zip(rows.transpose(0, 1), (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)):
        raw = channel * std + mean
        assert -1e-6 <= raw.min() < 0.02 and 0.98 < raw.max() <= 1 + 1e-6 and abs(raw.mean() - 0.5) < 0.02


@pytest.mark.parametrize('wrong', [0, -1, 2.0, '3', True, None])
@pytest.mark.parametrize('kind, name', [
    ('PixelPadPrompt', 'pad'), ('PixelPatchPrompt', 'length'), ('ChannelPrompt', 'channels')])
def test_counts_are_positive_whole_numbers(kind, name, wrong):
    with pytest.raises(UsageError, match=f'{kind}: {name} must be a whole number of at least 1, got {wrong!r}'):
        build('vit', {'type': kind, name: wrong})


@pytest.mark.parametrize('size', [0, (32, -1), (32, 32, 3), 'big', (32, 2.5)])
def test_sizes_are_positive_whole_numbers(size):
    with pytest.raises(UsageError, match='PixelPadPrompt: size must be a whole number'):
        build('vit', dict(type='PixelPadPrompt', pad=1, size=size))


@pytest.mark.parametrize('name', TRANSFORMERS)
def test_a_frame_must_leave_some_of_the_image(name):
    build(name, dict(type='PixelPadPrompt', pad=15))
    with pytest.raises(UsageError, match='pad=16 for an image of 32x32: at most 15 fits'):
        build(name, dict(type='PixelPadPrompt', pad=16))
    model = build(name, dict(type='PixelPadPrompt', pad=12))
    with pytest.raises(UsageError, match='pad=12 for an image of 48x24: at most 11 fits'):
        model(torch.randn(1, 3, 48, 24, dtype=torch.float64))


def test_rgb_pixels_need_an_rgb_backbone():
    for tuning in (PAD, PATCH):
        with pytest.raises(UsageError, match='in_channels=3, got 4'):
            MODELS.build(dict(type='PromptedViT', tuning=tuning, in_channels=4, **copy.deepcopy(VIT)))
