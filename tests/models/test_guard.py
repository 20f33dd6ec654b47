"""Prompts that are loaded onto a backbone without its frozen weights: by whatever loads checkpoints."""
import copy

import pytest
import torch
from mmengine.registry import MODELS
from mmengine.runner import load_checkpoint

from tests.runs import BACKBONE, save_weights
from vpt_mm.errors import UsageError

DEEP = dict(type='DeepPrompt', length=2)


@pytest.fixture
def source(tmp_path):
    return save_weights(tmp_path / 'base.pth')


def build(source=None, tuning=DEEP):
    init_cfg = source and dict(type='Pretrained', checkpoint=source)
    model = MODELS.build(dict(
        type='mmpretrain.ImageClassifier', backbone=dict(BACKBONE, tuning=tuning, init_cfg=init_cfg),
        head=dict(type='mmpretrain.LinearClsHead', num_classes=3, in_channels=32)))
    model.eval()  # returns nothing
    return model


@pytest.fixture(params=['DeepPrompt', 'LinearProbe'])
def trained(request, source, tmp_path):
    """A whole model, and the checkpoint of what it has learned."""
    tuning = dict(DEEP) if request.param == 'DeepPrompt' else dict(type='LinearProbe')
    model = build(source, tuning)
    model.init_weights()
    frozen = {f'backbone.{key}' for key in model.backbone.frozen_keys}
    state = {key: tensor for key, tensor in model.state_dict().items() if key not in frozen}
    torch.save(dict(state_dict=state, meta={}), tmp_path / 'learned.pth')
    return model, tuning, str(tmp_path / 'learned.pth')


def scores(model):
    return model(torch.linspace(-1, 1, 3 * 32 * 32).view(1, 3, 32, 32))


def load_by_torch(model, path):
    model.load_state_dict(torch.load(path, weights_only=True)['state_dict'], strict=False)


@pytest.mark.parametrize('load', [load_checkpoint, load_by_torch])
def test_the_backbone_is_restored_from_init_cfg(load, trained, source):
    whole, tuning, path = trained
    model = build(source, tuning)
    load(model, path)
    assert torch.equal(scores(model), scores(whole))


@pytest.mark.parametrize('load', [load_checkpoint, load_by_torch])
def test_without_a_source_nothing_is_computed_until_the_weights_are_there(load, trained):
    whole, tuning, path = trained
    model = build(None, tuning)
    load(model, path)
    for one in (model, copy.deepcopy(model)):
        with pytest.raises(UsageError, match=r'not the frozen weights of PromptedViT .*keep init_cfg'):
            scores(one)
    model.load_state_dict(whole.state_dict())
    assert torch.equal(scores(model), scores(whole)) and not model.backbone._forward_pre_hooks


def test_a_source_that_is_not_there_is_told_at_once(trained, tmp_path):
    _, tuning, path = trained
    with pytest.raises(UsageError, match='no checkpoint at .*gone.pth'):
        load_checkpoint(build(str(tmp_path / 'gone.pth'), tuning), path)


def test_whole_checkpoints_and_random_models_are_left_alone(trained):
    whole, tuning, _ = trained
    model = build(None, tuning)
    scores(model)
    model.load_state_dict(whole.state_dict())
    assert torch.equal(scores(model), scores(whole))


def test_a_backbone_that_may_be_random_is_no_fault(trained):
    _, tuning, path = trained
    model = build(None, tuning)
    model.backbone.may_be_random = True
    load_checkpoint(model, path)
    scores(model)


@pytest.mark.parametrize('tuning', [DEEP, dict(type='FullTuning')])
@pytest.mark.parametrize('listed', [False, True])
def test_what_never_loaded_its_weights_is_not_trained(source, tuning, listed):
    init_cfg = dict(type='Pretrained', checkpoint=source)
    recipes = [dict(type='TruncNormal', layer='Linear', std=.02), init_cfg] if listed else init_cfg
    backbone = MODELS.build(dict(BACKBONE, tuning=tuning, init_cfg=recipes))
    image = torch.zeros(1, 3, 32, 32)
    with pytest.raises(UsageError, match=r'built to load .*base.pth and never did.*: call init_weights\(\)'):
        backbone.train()(image)
    assert len(backbone.eval()(image)) == 1  # nothing learns
    copy.deepcopy(backbone).init_weights()
    with pytest.raises(UsageError, match='never did'):
        backbone.train()(image)
    backbone.init_weights()
    assert len(backbone(image)) == 1


def test_a_state_dict_of_all_weights_will_do(source):
    backbone = MODELS.build(dict(BACKBONE, tuning=DEEP, init_cfg=dict(type='Pretrained', checkpoint='elsewhere.pth')))
    backbone.load_state_dict(torch.load(source, weights_only=True)['state_dict'], strict=False)
    assert len(backbone.train()(torch.zeros(1, 3, 32, 32))) == 1


def test_random_weights_may_be_asked_for():
    backbone = MODELS.build(dict(BACKBONE, tuning=DEEP, init_cfg=dict(type='Pretrained', checkpoint='elsewhere.pth')))
    backbone.may_be_random = True
    assert len(backbone.train()(torch.zeros(1, 3, 32, 32))) == 1
