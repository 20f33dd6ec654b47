"""Shapes and initialisation of prompts."""
import pytest
import torch

from vpt_mm.tuning.prompts import prompt_bound


@pytest.mark.parametrize('patch, width, bound', [(16, 768, 0.0625), (16, 1024, 0.057864), (14, 1280, 0.056674),
                                                 (4, 128, 0.184637)])
def test_bound_of_the_papers_recipe(patch, width, bound):
    assert prompt_bound((patch, patch), width) == pytest.approx(bound, abs=1e-6)


@pytest.mark.parametrize('kind, shape', [('DeepPrompt', (4, 50, 32)), ('ShallowPrompt', (50, 32))])
def test_prompts_start_uniform_within_the_bound(kind, shape):
    from mmengine.registry import MODELS

    from tests.runs import BACKBONE
    tokens = MODELS.build(dict(**BACKBONE, tuning=dict(type=kind, length=50))).tuning.tokens.detach()
    bound = (6 / (3 * 8 ** 2 + 32)) ** 0.5
    assert tokens.shape == shape
    assert tokens.abs().max() <= bound
    assert tokens.std() == pytest.approx(bound / 3 ** 0.5, rel=0.1)
    assert tokens.mean().abs() < 0.1 * bound


def test_initialising_the_backbone_leaves_prompts_alone():
    from mmengine.registry import MODELS

    from tests.runs import BACKBONE
    model = MODELS.build(dict(**BACKBONE, tuning=dict(type='DeepPrompt', length=2),
                              init_cfg=dict(type='Constant', layer='Linear', val=0.5)))
    before = model.tuning.tokens.detach().clone()
    model.init_weights()
    assert torch.equal(before, model.tuning.tokens)
    assert torch.equal(model.layers[0].attn.proj.weight, torch.full((32, 32), 0.5))
