"""Keys and values of prompts are kept at inference, and made again when anything that they come from changes."""
import copy

import pytest
import torch
from mmengine.model import ExponentialMovingAverage

from vpt_mm.costs.kernels import CountKernels

DEEP = dict(type='DeepPrompt', length=3)
BIAS, LORA = dict(type='BiasTuning'), dict(type='LoRA', rank=2)


@pytest.fixture
def model(build_vit):
    return build_vit(DEEP).eval()


@pytest.fixture
def image():
    return torch.randn(1, 3, 32, 32, dtype=torch.float64)


@torch.no_grad()
def fresh(model, image):
    """What a model that keeps nothing gives."""
    return copy.deepcopy(model)(image)[0]


@torch.no_grad()
def projects(model, image):
    """Whether a pass projects prompts, all of which are projected by one product of a stack."""
    with CountKernels() as counted:
        model(image)
    return counted.counts['baddbmm'] > 0


def test_kept_at_inference(model, image):
    assert projects(model, image)
    assert not projects(model, image)
    model.eval()
    assert projects(model, image)


def _in_place(model):
    model.tuning.tokens.mul_(2)


def _past_autograd(model):
    model.tuning.tokens.data.mul_(2)


def _replaced(model):
    model.tuning.tokens.data = 2 * model.tuning.tokens.data


def _loaded(model):
    model.load_state_dict({key: 2 * tensor for key, tensor in model.state_dict().items()})


def _norm(model):
    model.layers[1].ln1.weight.mul_(2)


@torch.no_grad()
@pytest.mark.parametrize('change', [_in_place, _past_autograd, _replaced, _loaded, _norm])
def test_made_again_when_something_changes(model, image, change):
    before = model(image)[0]
    change(model)
    after = model(image)[0]
    assert not torch.allclose(before, after)
    assert torch.equal(after, fresh(model, image))


@torch.no_grad()
@pytest.mark.parametrize('beside', [BIAS, LORA, dict(type='ClsTokenTuning'), dict(type='PartialTuning', last=1)])
def test_what_else_learns_is_seen(build_vit, image, beside):
    model = build_vit([DEEP, beside]).eval()
    for _ in range(2):
        assert torch.equal(model(image)[0], fresh(model, image))
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.data.add_(torch.randn_like(parameter))


def test_not_used_while_gradients_are_recorded(model, image):
    with torch.no_grad():
        model(image)
    gradient, = torch.autograd.grad(model(image)[0].sum(), model.tuning.tokens)
    assert gradient.abs().max() > 0


@torch.no_grad()
def test_dropout_in_training_is_drawn_anew(build_vit, image):
    model = build_vit({**DEEP, 'dropout': 0.5}).train()
    assert not torch.allclose(model(image)[0], model(image)[0])


@torch.no_grad()
def test_under_another_precision(model, image):
    model.float()
    exact = model(image.float())[0]
    with torch.autocast('cpu', dtype=torch.bfloat16):
        assert not torch.equal(model(image.float())[0], exact)
    assert torch.equal(model(image.float())[0], exact)


@torch.no_grad()
@pytest.mark.parametrize('beside', [BIAS, LORA], ids=['bias', 'lora'])
def test_an_average_of_weights_keeps_nothing_of_before(build_vit, image, beside):
    """mmengine writes to its copy, whose weights do not train, past autograd."""
    model = build_vit([DEEP, beside]).eval()
    average = ExponentialMovingAverage(model, momentum=0.5)
    for _ in range(2):
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(torch.randn_like(parameter))
        average.update_parameters(model)
        assert torch.equal(average(image)[0], fresh(average.module, image))
