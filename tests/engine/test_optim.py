"""PromptOptimWrapper: what it holds and what it refuses."""
import pytest
import torch
from mmengine.optim import build_optim_wrapper
from mmengine.registry import MODELS
from torch import nn

from tests.runs import BACKBONE
from vpt_mm.engine import PromptOptimWrapper
from vpt_mm.errors import UsageError


class Model(nn.Module):
    def __init__(self, tuning):
        super().__init__()
        self.backbone = MODELS.build(dict(**BACKBONE, tuning=tuning))
        self.head = nn.Linear(32, 3)


def build(model, *, type='PromptOptimWrapper', constructor='PromptOptimWrapperConstructor', paramwise_cfg=None,
          **kwargs):
    optimizer = dict(type='SGD', lr=0.1, momentum=0.9, weight_decay=0.01)
    return build_optim_wrapper(model, dict(type=type, constructor=constructor, optimizer=optimizer,
                                           paramwise_cfg=paramwise_cfg, **kwargs))


def held(wrapper):
    return {id(parameter): group for group in wrapper.optimizer.param_groups for parameter in group['params']}


@pytest.fixture
def model():
    return Model([dict(type='DeepPrompt', length=2), dict(type='BiasTuning')])


def test_it_holds_what_trains_and_nothing_else(model):
    groups = held(build(model))
    assert set(groups) == {id(parameter) for parameter in model.parameters() if parameter.requires_grad}


def test_accumulation_and_clipping_are_mmengines(model):
    wrapper = build(model, accumulative_counts=2, clip_grad=dict(max_norm=1e-3))
    before = model.head.weight.detach().clone()
    inputs = torch.randn(4, 32)
    wrapper.update_params(model.head(inputs).pow(2).sum())
    assert torch.equal(before, model.head.weight)
    wrapper.update_params(model.head(inputs).pow(2).sum())
    assert 0 < (before - model.head.weight).norm() < 1e-3


def test_mmengines_constructor_is_refused_for_it_holds_frozen_parameters(model):
    with pytest.raises(UsageError, match="constructor='PromptOptimWrapperConstructor'"):
        build(model, constructor='DefaultOptimWrapperConstructor')


def test_nothing_to_train_is_refused():
    model = Model(dict(type='LinearProbe'))
    model.head.requires_grad_(False)
    with pytest.raises(UsageError, match='neither prompts nor a head'):
        build(model)
    with pytest.raises(UsageError, match='got none'):
        PromptOptimWrapper(type('Empty', (), dict(param_groups=[]))())


@pytest.mark.skipif(torch.cuda.is_available(), reason='tells what happens without a GPU')
def test_amp_without_a_gpu_is_refused(model):
    with pytest.raises(UsageError, match='needs a GPU'):
        build(model, type='AmpPromptOptimWrapper')


@pytest.mark.skipif(not torch.cuda.is_available(), reason='mixed precision needs a GPU')
def test_amp_trains(model):
    wrapper, model = build(model.cuda(), type='AmpPromptOptimWrapper'), model.cuda()
    before = model.head.weight.detach().clone()
    with wrapper.optim_context(model):
        loss = model.head(torch.randn(4, 32, device='cuda')).pow(2).sum()
    wrapper.update_params(loss)
    assert not torch.equal(before, model.head.weight)
