"""PromptedTimmViT: timm's own features, prompts that equal literal tokens, and one clear error for what does not fit."""
import copy

import pytest
import timm
import torch
from mmengine.registry import MODELS
from timm.models.vision_transformer import ResPostBlock

from tests.protocols import METHODS, examples_of
from tests.twins.timm import walk
from vpt_mm.errors import UsageError
from vpt_mm.models.timm import OUT_TYPES

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
        height, width = (side // patch for side, patch in zip(image.shape[2:], plain.patch_embed.patch_size))
        behind = [plain.norm(tokens) for tokens in walk(plain, image, [None] * 3)]
        maps = [tokens[:, plain.num_prefix_tokens:].transpose(1, 2).view(2, 32, height, width) for tokens in behind]
        expected = dict(
            pooled=lambda at: plain.forward_head(plain.forward_features(image), pre_logits=True),
            cls_token=lambda at: behind[at][:, 0], avg_featmap=lambda at: plain.fc_norm(maps[at].mean(dim=(2, 3))),
            featmap=lambda at: maps[at], featmap_cls=lambda at: [maps[at], behind[at][:, 0]],
            raw=lambda at: behind[at])[out_type]
        ours = model(image)
        assert isinstance(ours, tuple)
        torch.testing.assert_close(list(ours), [expected(at) for at in ([-1] if out_type == 'pooled' else indices)],
                                   rtol=0, atol=1e-12)


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
    assert set(fitting) == set(METHODS)
    for name in fitting:
        for tuning in examples_of('vit', name):
            if name == 'LoRA':
                tuning = dict(tuning, targets=['qkv' if family == 'dinov2_reg' else 'k_proj'])
            model = build(family, tuning=tuning, out_type='pooled' if name == 'SideTuning' else 'featmap')
            image = images(model, batch=3)
            outputs, = model(image)
            torch.testing.assert_close(outputs[1:2], model(image[1:2])[0], rtol=0, atol=1e-11)
            learned = [parameter for parameter in model.parameters() if parameter.requires_grad]
            assert learned or name == 'LinearProbe'
            if learned:
                gradients = torch.autograd.grad((outputs * torch.randn_like(outputs)).sum(), learned)
                assert all(gradient.abs().max() > 0 for gradient in gradients)
            if not model.trained:
                plain = build(family, out_type=model.out_type)
                plain.load_state_dict({key: value for key, value in model.state_dict().items()
                                       if not key.startswith('tuning.')})
                torch.testing.assert_close(model.plain(image)[0], plain(image)[0], rtol=0, atol=1e-11)
