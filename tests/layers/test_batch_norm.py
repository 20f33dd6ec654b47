"""LeanBatchNorm against PyTorch's batch norm."""
import pytest
import torch
from torch import nn
from torch.autograd.graph import saved_tensors_hooks

from tests.twins.compare import assert_twins
from vpt_mm.layers.batch_norm import LeanBatchNorm


@pytest.fixture
def norms():
    """(ours, PyTorch's) with the same random values."""
    pair = LeanBatchNorm(5).double(), nn.BatchNorm2d(5).double()
    for tensor in pair[0].state_dict().values():
        if tensor.is_floating_point():
            tensor.add_(torch.rand_like(tensor))
    pair[1].load_state_dict(pair[0].state_dict())
    return pair


@pytest.mark.parametrize('training', [False, True])
def test_equals_batch_norm(norms, training):
    features = torch.randn(2, 5, 4, 3, dtype=torch.float64, requires_grad=True)
    outputs = []
    for norm in norms:
        norm.train(training)
        output = norm(features)
        outputs.append([output, *torch.autograd.grad(output.square().sum(), norm.parameters(), retain_graph=True)])
    ours, theirs = outputs
    assert_twins(ours[:1], theirs[:1], [features])
    for mine, other in zip(ours[1:], theirs[1:], strict=True):
        torch.testing.assert_close(mine, other, rtol=0, atol=1e-12)
    assert torch.equal(norms[0].running_mean, norms[1].running_mean)


def test_keeps_nothing_of_its_input_when_frozen(norms):
    features, kept = torch.randn(2, 5, 4, 3, dtype=torch.float64, requires_grad=True), []
    for norm in norms:
        norm.eval().requires_grad_(False)
        with saved_tensors_hooks(lambda tensor: kept[-1].append(tensor.numel()), lambda nothing: nothing):
            kept.append([])
            norm(features)
    assert max(kept[0]) < features.numel() == max(kept[1])


def test_half_precision_is_as_exact_as_pytorchs(norms):
    features = torch.randn(2, 5, 4, 3).bfloat16()
    ours, theirs = (norm.eval().bfloat16()(features) for norm in norms)
    assert torch.equal(ours, theirs)
