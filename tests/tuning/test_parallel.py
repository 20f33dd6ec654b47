"""AdaptFormer and Convpass against their papers' equations in float64; their counts, and what they refuse."""
import pytest
import torch
import torch.nn.functional as F

from tests.protocols import build, learned
from tests.twins.compare import assert_twins
from vpt_mm.errors import UsageError
from vpt_mm.models.weightless import build_weightless
from vpt_mm.tuning import Place

ADAPTFORMER, CONVPASS = (dict(type=name, width=4, scale=0.5) for name in ('AdaptFormer', 'Convpass'))
IMAGES = torch.randn(2, 3, 32, 48, dtype=torch.float64, generator=torch.Generator().manual_seed(3))


def weights_of(model, prefix):
    return {name.removeprefix(prefix): tensor for name, tensor in model.named_parameters() if name.startswith(prefix)}


def naive_adaptformer(model, block):
    """s ReLU(LN(x) W_down) W_up (equation 5)."""
    own = weights_of(model, f'tuning.blocks.{block}.')
    return lambda tokens, grid: 0.5 * ((tokens @ own['down.weight'].T + own['down.bias']).clamp(min=0)
                                       @ own['up.weight'].T + own['up.bias'])


def naive_convpass(model, block, *, where='ffn', extra):
    """s Up(GELU(conv(GELU(Down(LN(x)))))), in which each of the first tokens is an image of one place."""
    own = weights_of(model, f'tuning.{where}.{block}.')

    def convpass(tokens, grid):
        inner = F.gelu(tokens @ own['down.weight'].T + own['down.bias'])
        alone = [inner[:, None, number:number + 1] for number in range(extra)]
        images = [*alone, inner[:, extra:].unflatten(1, grid)]
        inner = torch.cat([convolve(image, own['conv.weight'], own['conv.bias']).flatten(1, 2) for image in images], 1)
        return 0.5 * (F.gelu(inner) @ own['up.weight'].T + own['up.bias'])
    return convpass


def convolve(image, kernel, bias):
    """A 3x3 convolution of (B, h, w, n), place by place of the kernel."""
    h, w, padded, found = *image.shape[1:3], F.pad(image, (0, 0, 1, 1, 1, 1)), bias
    for down in range(3):
        for across in range(3):
            shifted = padded[:, down:down + h, across:across + w]
            found = found + torch.einsum('bhwi,oi->bhwo', shifted, kernel[:, :, down, across])
    return found


def beside(model, tuning, *, extra):
    """For each block, functions beside attention and beside the FFN."""
    if tuning is ADAPTFORMER:
        return [(lambda tokens, grid: 0., naive_adaptformer(model, block)) for block in range(len(model.blocks))]
    return [tuple(naive_convpass(model, block, where=where, extra=extra) for where in ('attention', 'ffn'))
            for block in range(len(model.blocks))]


@pytest.mark.parametrize('tuning', [ADAPTFORMER, CONVPASS])
def test_vit(tuning):
    model = learned('vit', tuning, out_type='raw')
    tokens, grid = model.embed(IMAGES)
    for block, (attention, ffn) in zip(model.layers, beside(model, tuning, extra=1)):
        normed = block.ln1(tokens)
        tokens = tokens + block.attn(normed) + attention(normed, grid)
        normed = block.ln2(tokens)
        tokens = tokens + block.ffn.layers(normed) + ffn(normed, grid)
    assert_twins(model(IMAGES), [model.ln1(tokens)], list(model.tuning.parameters()))


@pytest.mark.parametrize('tuning', [ADAPTFORMER, CONVPASS])
def test_swin(tuning):
    model = learned('swin', tuning)
    tokens, grid = model.embed(IMAGES)
    adapters = beside(model, tuning, extra=0)
    for stage in model.stages:
        for block in stage.blocks:
            attention, ffn = adapters.pop(0)
            normed = block.norm1(tokens)
            tokens = tokens + block.attn(normed, grid) + attention(normed, grid)
            normed = block.norm2(tokens)
            tokens = tokens + block.ffn.layers(normed) + ffn(normed, grid)
        if stage.downsample:
            tokens, grid = stage.downsample(tokens, grid)
    expected = model.norm1(tokens).view(2, *grid, -1).permute(0, 3, 1, 2)
    assert_twins(model(IMAGES), [expected], list(model.tuning.parameters()))


def test_travelling_prompts_are_images_of_one_place():
    """Convpass does to a prompt what it does to a class token of the same value."""
    adapter = learned('vit', CONVPASS).tuning.ffn[0]
    patches, other = torch.randn(1, 6, 32, dtype=torch.float64), torch.randn(1, 1, 32, dtype=torch.float64)
    found = adapter(torch.cat([other, patches, other, other], dim=1), Place(0, 1, 1, 7, (2, 3)))
    torch.testing.assert_close(found[:, 7:], found[:, :1].expand(-1, 2, -1), rtol=0, atol=1e-12)


@pytest.mark.parametrize('tuning, count', [
    (dict(type='AdaptFormer'), 1_189_632),  # (2n + 1)m + n in 12 blocks: 1.26M with the head for 100 classes, table 1
    (dict(type='Convpass'), 327_552)])  # 2(2n + 1)m + 2(9n^2 + 2n) in 12 blocks: the paper's 0.33M
def test_counts_of_the_papers(tuning, count):
    model = build_weightless(dict(type='PromptedViT', arch='base', tuning=tuning))
    assert sum(p.numel() for p in model.parameters() if p.requires_grad) == count


@pytest.mark.parametrize('backbone, tuning, message', [
    ('vit', dict(ADAPTFORMER, width=0), 'AdaptFormer: width must be a whole number of at least 1, got 0'),
    ('vit', dict(CONVPASS, scale=0), 'Convpass: scale must be a positive number, got 0'),
    ('convnext', ADAPTFORMER, 'AdaptFormer does not fit PromptedConvNeXt, a ConvNet, which has no tokens'),
    ('resnet', CONVPASS, 'Convpass does not fit PromptedResNet, a ConvNet, which has no tokens')])
def test_what_does_not_fit_is_refused(backbone, tuning, message):
    with pytest.raises(UsageError, match=message):
        build(backbone, tuning)
