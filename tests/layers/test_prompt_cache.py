"""Keys and values of prompts are kept at inference, and dropped when anything that they come from changes."""
import copy

import pytest
import torch
from mmengine.model import ExponentialMovingAverage

from tests.flops import flops

DEEP = dict(type='DeepPrompt', length=3)


@pytest.fixture
def model(build_vit):
    return build_vit(DEEP).eval()


@pytest.fixture
def image():
    return torch.randn(1, 3, 32, 32, dtype=torch.float64)


def fresh(model, image):
    """What the model gives where nothing that it keeps is used: while gradients are recorded."""
    with torch.enable_grad():
        return model(image)[0].detach()


def spared(model, image):
    """In how many blocks a second pass spares the projection of the prompts."""
    projection = 2 * 3 * 32 * 2 * 32  # 3 prompts of width 32, to keys and values
    first, second, third = (flops(model, image) for _ in range(3))
    assert second == third
    return (first - second) / projection


@torch.no_grad()
def test_kept_at_inference(model, image):
    assert spared(model, image) == 4
    assert torch.equal(model(image)[0], fresh(model, image))
    assert spared(copy.deepcopy(model), image) == 4  # copies start anew


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
def test_dropped_when_something_changes(model, image, change):
    before = model(image)[0]
    change(model)
    after = model(image)[0]
    assert not torch.allclose(before, after)
    assert torch.equal(after, fresh(model, image))


@torch.no_grad()
def test_not_kept_where_the_projection_trains(build_vit, image):
    model = build_vit([DEEP, dict(type='BiasTuning')]).eval()
    assert spared(model, image) == 0


@torch.no_grad()
@pytest.mark.parametrize('beside, blocks', [(dict(type='ClsTokenTuning'), 4), (dict(type='PartialTuning', last=1), 3)])
def test_kept_where_something_else_trains(build_vit, image, beside, blocks):
    model = build_vit([DEEP, beside]).eval()
    assert spared(model, image) == blocks
    assert torch.equal(model(image)[0], fresh(model, image))


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
@pytest.mark.parametrize('beside', [dict(type='BiasTuning'), dict(type='LoRA', rank=2)], ids=['bias', 'lora'])
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
