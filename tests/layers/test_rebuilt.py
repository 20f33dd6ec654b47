"""What is made again for the backward pass is what it was in the forward pass, or an error."""
import copy

import pytest
import torch


@pytest.fixture
def image():
    return torch.randn(1, 3, 32, 32, dtype=torch.float64)


def step(model):
    with torch.no_grad():
        for parameter in model.tuning.parameters():
            parameter.add_(1)


def test_a_step_before_the_backward_pass_is_an_error(build_vit, image):
    model = build_vit(dict(type='PrefixPrompt', length=2))
    loss = model(image)[0].sum()
    step(model)
    with pytest.raises(RuntimeError, match='modified by an inplace|written to in between'):
        loss.backward()


def test_a_step_changes_nothing_where_the_backward_pass_does_not_need_what_it_wrote_to(build_vit, image):
    model = build_vit(dict(type='DeepPrompt', length=2))
    twin = copy.deepcopy(model)
    loss = model(image)[0].sum()
    step(model)
    loss.backward()
    twin(image)[0].sum().backward()
    assert torch.equal(model.tuning.tokens.grad, twin.tuning.tokens.grad)


def test_a_graph_that_is_kept_is_followed_twice(build_vit, image):
    model = build_vit(dict(type='DeepPrompt', length=2))
    loss = model(image)[0].sum()
    first, second = (torch.autograd.grad(loss, model.tuning.tokens, retain_graph=True)[0] for _ in range(2))
    assert torch.equal(first, second)
