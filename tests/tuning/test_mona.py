"""Mona against the paper's equations in plain loops, in float64; its counts, and what it refuses."""
import pytest
import torch
import torch.nn.functional as F

from tests.protocols import build, learned
from tests.twins.compare import assert_twins
from vpt_mm.errors import UsageError
from vpt_mm.models.weightless import build_weightless
from vpt_mm.tuning import Mona, Place

MONA = dict(type='Mona', width=4, kernels=[3, 5])
IMAGES = torch.randn(2, 3, 64, 96, dtype=torch.float64, generator=torch.Generator().manual_seed(3))


def naive_mona(stream, weights, depthwise, pointwise):
    """x + U GELU(f(D (s1 LN(x) + s2 x))) of a map (B, h, w, m), section 3.2; f place by place."""
    mean, variance = stream.mean(dim=-1, keepdim=True), stream.var(dim=-1, keepdim=True, unbiased=False)
    normed = (stream - mean) / (variance + 1e-5).sqrt() * weights['norm.weight'] + weights['norm.bias']
    inner = weights['scale_normed'] * normed + weights['scale'] * stream
    inner = inner @ weights['down.weight'].T + weights['down.bias']
    h, w, convolved = *inner.shape[1:3], 0
    for kernel in depthwise:  # (n, k, k)
        reach = kernel.shape[-1] // 2
        padded = F.pad(inner, (0, 0, reach, reach, reach, reach))
        for down in range(kernel.shape[-1]):
            for across in range(kernel.shape[-1]):
                shifted = padded[:, down:down + h, across:across + w]
                convolved = convolved + shifted * kernel[:, down, across] / len(depthwise)
    inner = inner + convolved
    inner = inner + torch.einsum('bhwi,oi->bhwo', inner, pointwise)
    return stream + F.gelu(inner) @ weights['up.weight'].T + weights['up.bias']


def monas(model, *, places=('attention', 'ffn')):
    """{place: functions of a map, for each block}."""
    weights, count = dict(model.named_parameters()), len(model.blocks)

    def mona(number, place, block):
        prefix = f'tuning.after.{place}.{block}.'
        own = {key.removeprefix(prefix): tensor for key, tensor in weights.items() if key.startswith(prefix)}
        depthwise = [weights[f'tuning.filters.depthwise.{size}'][number] for size in range(2)]
        return lambda stream: naive_mona(stream, own, depthwise, weights['tuning.filters.pointwise'][number])

    return {place: [mona(count * first + block, place, block) for block in range(count)]
            for first, place in enumerate(places)}


def test_vit_whose_class_token_passes_by():
    model = learned('vit', MONA, img_size=64, out_type='raw').eval()
    tokens, grid = model.embed(IMAGES)
    after = monas(model)

    def refine(tokens, mona):
        return torch.cat([tokens[:, :1], mona(tokens[:, 1:].unflatten(1, grid)).flatten(1, 2)], dim=1)

    for number, block in enumerate(model.layers):
        tokens = refine(tokens + block.attn(block.ln1(tokens)), after['attention'][number])
        tokens = refine(tokens + block.ffn.layers(block.ln2(tokens)), after['ffn'][number])
    assert_twins(model(IMAGES), [model.ln1(tokens)], list(model.tuning.parameters()))


def test_swin():
    model = learned('swin', MONA, img_size=64, out_indices=(0, 1)).eval()
    tokens, hw = model.embed(IMAGES)
    after, expected = monas(model), []
    for index, stage in enumerate(model.stages):
        for block in stage.blocks:
            tokens = tokens + block.attn(block.norm1(tokens), hw)
            tokens = after['attention'].pop(0)(tokens.unflatten(1, hw)).flatten(1, 2)
            tokens = tokens + block.ffn.layers(block.norm2(tokens))
            tokens = after['ffn'].pop(0)(tokens.unflatten(1, hw)).flatten(1, 2)
        normalised = getattr(model, f'norm{index}')(tokens)
        expected.append(normalised.view(2, *hw, -1).permute(0, 3, 1, 2))
        if stage.downsample:
            tokens, hw = stage.downsample(tokens, hw)
    assert_twins(model(IMAGES), expected, list(model.tuning.parameters()))


def test_convnext_behind_the_residual():
    model = learned('convnext', MONA).eval()
    features, after = IMAGES, monas(model, places=('ffn',))['ffn']
    for downsample, stage in zip(model.downsample_layers, model.stages):
        features = downsample(features)
        for block in stage:
            features = after.pop(0)(block(features).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
    expected = [model.norm3(features.mean([-2, -1], keepdim=True)).flatten(1)]
    assert_twins(model(IMAGES), expected, list(model.tuning.parameters()))


def test_registers_and_travelling_prompts_pass_by():
    method = learned('vit', MONA, img_size=64, out_type='raw').tuning
    branch, tokens = torch.randn(2, 2, 3 + 6 + 2, 32, dtype=torch.float64)
    place = Place(0, 2, 3, 3 + 6, (2, 3))
    added = method.after_ffn(branch, tokens, place, method.begin(IMAGES, None)) - branch
    others = [0, 1, 2, 9, 10]
    assert not added[:, others].any() and added[:, 3:9].all()


def test_where_the_class_token_is_all_that_is_read():
    """What the last block's modules would do to patches is never read; intermediate ones reach the class token."""
    method = build('vit', MONA, img_size=64).tuning
    assert {place: len(modules) for place, modules in method.after.items()} == dict(attention=3, ffn=3)
    assert len(method.filters.pointwise) == 6


def test_it_drops_while_training_alone():
    model = learned('vit', dict(MONA, dropout=0.5), img_size=64, out_type='featmap')
    dropping, = model(IMAGES)
    assert not torch.equal(dropping, model(IMAGES)[0])
    model.eval()
    assert torch.equal(model(IMAGES)[0], model(IMAGES)[0])


@pytest.mark.parametrize('backbone, modules, count', [
    # (2n + 3)m + n^2 + 84n + 2: 34,626 a module at m = 192, n = 64 (section 3.3)
    (dict(type='PromptedSwin', arch=dict(embed_dims=192, depths=[1], num_heads=[6]), out_indices=(0,)), 2, 2 * 34_626),
    # Widths 192 to 1536 in 2, 2, 18 and 2 blocks. The paper's tables say 5.08M: as many without norms and U's biases.
    (dict(type='PromptedSwin', arch='large', img_size=384, out_indices=(0, 1, 2, 3)), 48, 5_183_328)])
def test_counts(backbone, modules, count):
    model = build_weightless(dict(backbone, tuning=dict(type='Mona')))
    assert sum(len(own) for own in model.tuning.after.values()) == modules
    assert sum(p.numel() for p in model.parameters() if p.requires_grad) == count
    norms = sum(p.numel() for name, p in model.tuning.named_parameters() if 'norm.' in name or name.endswith('up.bias'))
    assert modules == 2 or round((count - norms) / 1e6, 2) == 5.08


@pytest.mark.parametrize('backbone, tuning, message', [
    ('vit', dict(type='Mona'), r'kernels must be at most 4 wide, since block 0 of PromptedViT has a map of 4x4 on '
                               r'images of 32x32, got 7: leave it out of kernels, or set a larger img_size'),
    ('swin', dict(MONA, kernels=[5]), 'at most 4 wide, since block 1 of PromptedSwin has a map of 4x4'),
    ('convnext', dict(MONA, kernels=[9]), 'at most 7 wide, since block 4 of PromptedConvNeXt has a map of 7x7'),
    ('vit', dict(MONA, kernels=[2]), r'kernels must be odd whole numbers, got \[2\]'),
    ('vit', dict(MONA, kernels=[]), r'kernels must be odd whole numbers, got \[\]'),
    ('vit', dict(MONA, width=0), 'width must be a whole number of at least 1, got 0'),
    ('vit', dict(MONA, dropout=1), r'dropout must be in \[0, 1\), got 1'),
    ('resnet', MONA, 'Mona does not fit PromptedResNet, which has no grid of patches')])
def test_what_does_not_fit_is_refused(backbone, tuning, message):
    with pytest.raises(UsageError, match=message):
        build(backbone, tuning)


def test_the_filters_start_as_torch_starts_convolutions():
    filters = Mona(width=64)
    filters.build_for(build('convnext', None).host)
    for kernels, bound in zip((*filters.filters.depthwise, filters.filters.pointwise), (1 / 3, 1 / 5, 1 / 7, 1 / 8)):
        assert 0.9 * bound < kernels.abs().max() <= bound
