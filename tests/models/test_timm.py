"""PromptedTimmViT: timm's own features, prompts that equal literal tokens, and one clear error for what is no such."""
import copy

import pytest
import timm
import torch
from mmengine.registry import MODELS
from timm.models.vision_transformer import ResPostBlock

from tests.protocols import METHODS, examples_of, reached
from tests.twins.timm import walk
from vpt_mm.errors import UsageError
from vpt_mm.layers.positions import resize_by_factor
from vpt_mm.models.timm_features import OUT_TYPES

TINY = dict(embed_dim=32, depth=3, num_heads=2)
MODELS_OF_TIMM = dict(
    augreg=('vit_base_patch16_224.augreg_in21k', {}), mae=('vit_base_patch16_224.mae', {}),
    clip=('vit_base_patch16_clip_quickgelu_224.openai', {}), siglip=('vit_base_patch16_siglip_224', {}),
    siglip2=('vit_base_patch16_siglip_224.v2_webli', {}), dinov2=('vit_base_patch14_dinov2.lvd142m', {}),
    dinov2_reg=('vit_base_patch14_reg4_dinov2.lvd142m', {}), dinov2_g=('vit_giant_patch14_reg4_dinov2', {}),
    deit3=('deit3_base_patch16_224', {}), distilled=('deit_base_distilled_patch16_224', {}),
    normed=('vit_base_patch16_224', dict(qk_norm=True, scale_attn_norm=True)),
    post=('vit_base_patch16_224', dict(block_fn=ResPostBlock)),
    dinov3=('vit_small_patch16_dinov3.lvd1689m', {}), dinov3_b=('vit_small_patch16_dinov3_qkvb', {}),
    dinov3_plus=('vit_small_plus_patch16_dinov3', {}), eva02_t=('eva02_tiny_patch14_224', {}),
    eva02_b=('eva02_base_patch14_224', {}), eva_clip=('eva02_base_patch16_clip_224', {}),
    eva_post=('eva02_base_patch14_224', dict(use_post_norm=True)),
    mixed=('vit_small_patch16_rope_mixed_224', {}), pe=('vit_pe_core_tiny_patch16_384', {}),
    grouped=('vit_small_patch16_dinov3', dict(attn_type='rope', qkv_fused=False, num_kv_heads=1, qk_norm=True)))
DEEP, SHALLOW, PROBE = dict(type='DeepPrompt', length=5), dict(type='ShallowPrompt', length=4), dict(type='LinearProbe')


def build(family, **changes):
    """A tiny float64 model for images of 2 x 3 patches, no parameter of which is at its initial value."""
    name, given = MODELS_OF_TIMM[family]
    patch = 14 if 'patch14' in name else 16
    model = MODELS.build(dict(type='PromptedTimmViT', model=name, **{
        **TINY, 'img_size': (2 * patch, 3 * patch), **copy.deepcopy(given), **changes})).double()
    for parameter in model.parameters():
        parameter.data.add_(0.2 * torch.randn_like(parameter))
    return model.eval()


def plain_of(family, model, **changes):
    """timm's own model with the same weights."""
    name, given = MODELS_OF_TIMM[family]
    plain = timm.create_model(name, num_classes=0, **{
        **TINY, 'img_size': model.patch_embed.img_size, 'dynamic_img_size': True, **copy.deepcopy(given), **changes})
    plain = plain.double().eval()
    plain.load_state_dict({key: value for key, value in model.state_dict().items() if not key.startswith('tuning.')})
    return plain


def images(model, *, batch=2, more=(0, 0)):
    """As the model is built for, and so many patches more along each side."""
    embed = model.patch_embed
    size = [side + patch * extra for side, patch, extra in zip(embed.img_size, embed.patch_size, more)]
    return torch.randn(batch, 3, *size, dtype=torch.float64)


@pytest.mark.parametrize('family', MODELS_OF_TIMM)
def test_without_tuning_it_is_timms_own(family):
    model = build(family)
    plain = plain_of(family, model)
    assert isinstance(model, type(plain)) and list(model.state_dict()) == list(plain.state_dict())
    image = images(model, more=(1, 0))
    assert torch.equal(model(image)[0], plain.forward_head(plain.forward_features(image), pre_logits=True))


@pytest.mark.parametrize('family', MODELS_OF_TIMM)
def test_prompts_equal_tokens_among_the_others(family):
    for tuning in (DEEP, SHALLOW):
        model = build(family, tuning=tuning, out_type='raw', out_indices=[0, 1, -1])
        plain, image = plain_of(family, model), images(model, more=(0, 1))
        tokens = model.tuning.tokens
        twins = list(tokens) if tuning is DEEP else [tokens, None, None]
        ours, theirs = model(image), [plain.norm(read) for read in walk(plain, image, twins)]
        assert_equal_with_gradients(ours, theirs, tokens)
    model = build(family, tuning=SHALLOW)
    plain, image = plain_of(family, model), images(model)
    theirs = plain.forward_head(plain.norm(walk(plain, image, [model.tuning.tokens, None, None])[-1]), pre_logits=True)
    assert_equal_with_gradients(model(image), [theirs], model.tuning.tokens)


def assert_equal_with_gradients(ours, theirs, tokens):
    weights = [torch.randn_like(one) for one in ours]
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-11)
    gradients = [torch.autograd.grad(sum((one * weight).sum() for one, weight in zip(outputs, weights)), tokens)[0]
                 for outputs in (ours, theirs)]
    assert gradients[0].abs().min() > 0
    torch.testing.assert_close(*gradients, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize('family', ['distilled', 'siglip', 'dinov2_reg', 'eva02_t', 'dinov3'])
def test_every_output_is_timms(family):
    """Read from a pass that hosts a method, whatever the image's size."""
    indices = [-1, 0]
    for out_type in OUT_TYPES:
        if family == 'siglip' and 'cls' in out_type:
            continue
        model = build(family, tuning=PROBE, out_type=out_type, out_indices=-1 if out_type == 'pooled' else indices)
        plain, image = plain_of(family, model), images(model, more=(1, 2))
        expected = [read(plain, image, out_type, at) for at in ([-1] if out_type == 'pooled' else indices)]
        ours = model(image)
        assert isinstance(ours, tuple)
        torch.testing.assert_close(list(ours), expected, rtol=0, atol=1e-12)


def read(plain, image, out_type, at):
    """An output of a block, by timm's own modules."""
    if out_type == 'pooled':
        return plain.forward_head(plain.forward_features(image), pre_logits=True)
    tokens = plain.norm(walk(plain, image, [None] * 3)[at])
    height, width = (side // patch for side, patch in zip(image.shape[2:], plain.patch_embed.patch_size))
    maps = tokens[:, plain.num_prefix_tokens:].transpose(1, 2).view(2, 32, height, width)
    pooled = plain.fc_norm(maps.mean(dim=(2, 3)))
    return dict(cls_token=tokens[:, 0], avg_featmap=pooled, featmap=maps, featmap_cls=[maps, tokens[:, 0]],
                raw=tokens)[out_type]


def test_outputs_without_the_final_norm():
    model = build('dinov2', tuning=DEEP, out_type='featmap', out_indices=[1], final_norm=False)
    plain, image = plain_of('dinov2', model), images(model)
    raw = walk(plain, image, [*model.tuning.tokens, None])[1][:, 1:].transpose(1, 2).view(2, 32, 2, 3)
    torch.testing.assert_close(model(image)[0], raw, rtol=0, atol=1e-11)


@pytest.mark.parametrize('family', ['dinov2_reg', 'eva02_b'])
def test_every_method(family):
    """Each that fits learns, and leaves the plain features as they are; an image's outputs are its own."""
    host = build(family).host
    fitting = [name for name, method in METHODS.items() if not method.misfit(host)]
    assert set(METHODS) - set(fitting) == {'ConditionalContext', 'ContextPrompt', 'DomainContext'}  # which need words
    for name in fitting:
        for tuning in examples_of(name):
            if name == 'Mona':
                tuning['kernels'] = [1]  # maps are 2x3
            model = build(family, tuning=tuning, out_type='pooled' if name == 'SideTuning' else 'featmap')
            image = images(model, batch=3)
            outputs, = model(image)
            torch.testing.assert_close(outputs[1:2], model(image[1:2])[0], rtol=0, atol=1e-11)
            learned = reached(model)
            assert learned or name == 'LinearProbe'
            if learned:
                gradients = torch.autograd.grad((outputs * torch.randn_like(outputs)).sum(), learned)
                assert all(gradient.abs().max() > 0 for gradient in gradients)
            if not model.trained:
                plain = build(family, out_type=model.out_type)
                plain.load_state_dict({key: value for key, value in model.state_dict().items()
                                       if not key.startswith('tuning.')})
                torch.testing.assert_close(model.plain(image)[0], plain(image)[0], rtol=0, atol=1e-11)


@pytest.mark.parametrize('family', ['dinov2', 'dinov2_reg', 'siglip'])
def test_positions_of_the_first_release_of_dinov2(family):
    model = build(family, tuning=DEEP, out_type='raw', interpolate_offset=0.1)
    plain = plain_of(family, model)
    own, larger = images(model), images(model, more=(1, 2))
    torch.testing.assert_close(model.plain(own)[0], plain.forward_features(own), rtol=0, atol=1e-11)
    rows, columns = model.patch_embed.grid_size
    count = 0 if model.no_embed_class else model.num_prefix_tokens
    known = model.pos_embed[:, count:].view(1, rows, columns, -1)
    read = resize_by_factor(known.flatten(1, 2), (rows + 1, columns + 2), known=(rows, columns), offset=0.1)
    plain.set_input_size(tuple(larger.shape[2:]))
    plain.pos_embed.data.copy_(torch.cat([model.pos_embed[:, :count], read], dim=1))
    torch.testing.assert_close(model.plain(larger)[0], plain.forward_features(larger), rtol=0, atol=1e-11)


def test_copies_and_state_dicts_are_whole():
    model = build('dinov3', tuning=DEEP)
    image, twin = images(model), copy.deepcopy(model)
    fresh = build('dinov3', tuning=DEEP)
    assert not torch.equal(fresh(image)[0], model(image)[0])
    fresh.load_state_dict(model.state_dict())
    for one in (twin, fresh):
        assert torch.equal(one(image)[0], model(image)[0])
    twin.tuning.tokens.data.add_(1)
    assert torch.equal(fresh(image)[0], model(image)[0]) and not torch.equal(twin(image)[0], model(image)[0])


def test_angles_of_one_grid_are_not_those_of_another():
    """As many patches, laid out otherwise; a pass in between may have left its memory to the next."""
    model = build('dinov3', tuning=DEEP)
    wide, tall = (torch.randn(1, 3, *size, dtype=torch.float64) for size in ((32, 64), (64, 32)))
    with torch.no_grad():
        alone = [copy.deepcopy(model)(image)[0] for image in (wide, tall)]
        for _ in range(3):
            for image, expected in zip((wide, tall), alone):
                assert torch.equal(model(image)[0], expected)


def test_a_checkpointed_block_learns_the_same():
    model = build('eva02_t', tuning=SHALLOW)
    twin = build('eva02_t', tuning=SHALLOW, with_cp=True)
    twin.load_state_dict(model.state_dict())
    image = images(model)
    gradients = [torch.autograd.grad(one(image)[0].sum(), one.tuning.tokens)[0] for one in (model, twin)]
    torch.testing.assert_close(*gradients, rtol=1e-12, atol=1e-12)


@pytest.mark.traced
def test_a_pass_is_one_graph():
    model = build('dinov3', tuning=DEEP, depth=1)
    image = images(model)
    compiled = torch.compile(model, backend='eager', fullgraph=True)
    torch.testing.assert_close(compiled(image)[0], model(image)[0], rtol=0, atol=1e-12)


def test_a_frozen_part_in_few_bits_keeps_its_angles_exact():
    config = dict(type='PromptedTimmViT', model='vit_small_patch16_dinov3', img_size=64, tuning=DEEP, **TINY)
    plain, model = MODELS.build(config).eval(), MODELS.build(dict(config, frozen_dtype='bfloat16')).eval()
    model.load_state_dict(plain.state_dict())
    assert model.blocks[0].attn.qkv.weight.dtype == torch.bfloat16
    assert torch.equal(model.rope.get_embed((4, 4)), plain.rope.get_embed((4, 4)))
    image = torch.randn(2, 3, 64, 64)
    assert model(image)[0].dtype == torch.float32
    torch.testing.assert_close(model(image)[0], plain(image)[0], rtol=0.1, atol=0.1)


@pytest.mark.parametrize('given, message', [
    (dict(model='vit_base_patch15_dinov2'), "no model named .*nearest are .*vit_base_patch14_dinov2"),
    (dict(model='vit_base_patch14_dinov2.lvd143m'), "no weights of .*tag 'lvd143m': take lvd142m"),
    (dict(model='resnet50'), 'VisionTransformer and Eva'),
    (dict(model='resnet50', dynamic_img_size=None), 'VisionTransformer and Eva'),
    (dict(model='vit_small_patch16_18x2_224', dynamic_img_size=False), 'blocks of ParallelThingsBlock'),
    (dict(model='vit_base_patch16_224', attn_layer='diff'), 'blocks of DiffAttention'),
    (dict(model='vit_base_patch14_dinov2', img_size=512), 'which do not divide 512x512: take 504x504 or 518x518'),
    (dict(model='vit_base_patch16_224', out_type='map'), 'out_type must be one of pooled, cls_token'),
    (dict(model='vit_base_patch16_224', out_type='featmap', out_indices=[3]), r'out_indices must be blocks -3..2, got'),
    (dict(model='vit_base_patch16_224', out_indices=[0, 2]), 'pooled.*is of the last block alone'),
    (dict(model='vit_base_patch16_siglip_224', out_type='cls_token'), 'needs a class token'),
    (dict(model='vit_base_patch16_dinov3', interpolate_offset=0.1), 'interpolate_offset is of .* is a Eva')])
def test_what_does_not_fit_is_refused(given, message):
    with pytest.raises(UsageError, match=message):
        MODELS.build(dict(type='PromptedTimmViT', **{**TINY, **given} if 'resnet' not in given['model'] else given))


@pytest.mark.parametrize('given, size, message', [
    ({}, (28, 44), r'dinov2 cuts images into patches of 14x14, which do not divide 28x44: take 28x42 or 42x56'),
    (dict(dynamic_img_size=False), (28, 28), r'built for images of 28x42 alone, got 28x28: set img_size=\(28, 28\)')])
def test_an_image_that_does_not_fit_is_refused(given, size, message):
    model = build('dinov2', tuning=PROBE, **given)
    with pytest.raises(UsageError, match=message):
        model(torch.randn(1, 3, *size, dtype=torch.float64))


def test_images_may_be_padded():
    model = build('dinov2', tuning=PROBE, out_type='featmap', dynamic_img_pad=True)
    image = torch.randn(1, 3, 28, 44, dtype=torch.float64)
    padded = torch.nn.functional.pad(image, (0, 12, 0, 0))
    assert torch.equal(model(image)[0], model(padded)[0]) and model(image)[0].shape[2:] == (2, 4)
