"""PromptedViT against naive twins, in float64, outputs and gradients."""
import copy

import pytest
import torch
from mmengine.registry import MODELS

from tests.conftest import TINY
from tests.twins.compare import assert_twins
from tests.twins.vit import naive, plain_twin
from vpt_mm.errors import UsageError

OUT_TYPES = ('raw', 'cls_token', 'featmap', 'avg_featmap')
DEEP = dict(type='DeepPrompt', length=3)
SHALLOW = dict(type='ShallowPrompt', length=3)


@pytest.mark.parametrize('size', [(32, 32), (24, 40)])
@pytest.mark.parametrize('out_type, class_token', [*((one, True) for one in OUT_TYPES),
                                                   *((one, False) for one in OUT_TYPES if one != 'cls_token')])
@pytest.mark.parametrize('tuning', [DEEP, SHALLOW], ids=['deep', 'shallow'])
def test_equals_prepending(build_vit, tuning, out_type, class_token, size):
    options = dict(out_type=out_type, with_cls_token=class_token, out_indices=[1, 3])
    model = build_vit(tuning, **options)
    image = torch.randn(2, 3, *size, dtype=torch.float64)
    tokens = model.tuning.tokens
    prompts_at = dict(enumerate(tokens)) if tuning is DEEP else {0: tokens}
    expected = naive(plain_twin(model, **options), image, prompts_at)
    assert_twins(model(image), expected, [tokens])


@pytest.mark.parametrize('out_type', OUT_TYPES)
@pytest.mark.parametrize('size', [(32, 32), (24, 40)])
def test_no_tuning_is_the_plain_backbone_bit_for_bit(build_vit, out_type, size):
    options = dict(out_type=out_type, out_indices=[0, 3])
    model = build_vit(None, **options)
    image = torch.randn(2, 3, *size, dtype=torch.float64)
    for ours, theirs in zip(model.eval()(image), plain_twin(model, **options)(image), strict=True):
        assert torch.equal(ours, theirs)
    assert all(parameter.requires_grad for parameter in model.parameters())


@pytest.mark.parametrize('tuning', [dict(type='LinearProbe'), dict(type='BiasTuning'), dict(type='FullTuning')])
@pytest.mark.parametrize('out_type', OUT_TYPES)
def test_methods_without_prompts_equal_the_plain_backbone(build_vit, tuning, out_type):
    model = build_vit(tuning, out_type=out_type)
    image = torch.randn(2, 3, 32, 32, dtype=torch.float64)
    ours, theirs = model(image)[0], plain_twin(model, out_type=out_type)(image)[0]
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-12)


@pytest.mark.parametrize('options', [
    dict(pre_norm=True), dict(layer_scale_init_value=0.3), dict(final_norm=False), dict(qkv_bias=False)])
def test_variants_of_the_backbone(build_vit, options):
    model = build_vit(DEEP, **options)
    image = torch.randn(2, 3, 32, 32, dtype=torch.float64)
    expected = naive(plain_twin(model, **options), image, dict(enumerate(model.tuning.tokens)))
    assert_twins(model(image), expected, [model.tuning.tokens])


def test_shallow_deep_and_bias_at_once(build_vit):
    model = build_vit([SHALLOW, dict(type='DeepPrompt', length=2), dict(type='BiasTuning')])
    image = torch.randn(2, 3, 32, 32, dtype=torch.float64)
    shallow, deep = model.tuning[0].tokens, model.tuning[1].tokens
    plain = plain_twin(model)
    tokens, _ = model.embed(image)
    for index, block in enumerate(plain.layers):
        tokens = torch.cat([tokens, shallow.expand(2, -1, -1)], dim=1) if index == 0 else tokens
        tokens = block(torch.cat([tokens, deep[index].expand(2, -1, -1)], dim=1))[:, :-2]
    expected = [plain.ln1(tokens)[:, 0]]
    assert_twins(model(image), expected, [shallow, deep])


@pytest.mark.parametrize('tuning', [DEEP, SHALLOW], ids=['deep', 'shallow'])
def test_prompt_dropout_is_drawn_for_each_image_and_only_in_training(build_vit, tuning):
    model = build_vit({**tuning, 'dropout': 0.5}, out_type='raw')
    images = torch.randn(1, 3, 32, 32, dtype=torch.float64).expand(2, -1, -1, -1)
    first, second = model.train()(images)[0]
    assert not torch.allclose(first, second)
    first, second = model.eval()(images)[0]
    torch.testing.assert_close(first, second, rtol=0, atol=1e-12)


def test_the_configs_of_the_caller_stay_as_they_were():
    config = dict(type='PromptedViT', arch=dict(TINY), img_size=32, patch_size=8, out_indices=[-2, -1],
                  tuning=[dict(type='DeepPrompt', length=2)])
    before = copy.deepcopy(config)
    MODELS.build(config)
    assert config == before


def test_class_token_output_needs_a_class_token():
    with pytest.raises(UsageError, match='with_cls_token=True'):
        MODELS.build(dict(type='PromptedViT', arch=TINY, with_cls_token=False))


@pytest.mark.parametrize('arch, length, deep, shallow', [('base', 50, 460_800, 38_400), ('large', 10, 245_760, 10_240)])
def test_prompt_counts_of_the_paper(arch, length, deep, shallow):
    for kind, expected in (('DeepPrompt', deep), ('ShallowPrompt', shallow)):
        with torch.device('meta'):
            model = MODELS.build(dict(type='PromptedViT', arch=arch, tuning=dict(type=kind, length=length)))
        assert sum(p.numel() for p in model.parameters() if p.requires_grad) == expected
