"""Plain backbones with the weights of ours, and how outputs and gradients are compared."""
import torch
from torch.func import functional_call


def run_plain(kind, model, image, replaced=(), **config):
    """mmpretrain's own backbone with the weights of ours, some of them replaced; weights keep their graph."""
    plain = kind(**config).double()
    plain.eval()  # returns None in mmpretrain
    weights = {key: value.contiguous() for key, value in model.state_dict(keep_vars=True).items()
               if not key.startswith('tuning.')}
    return functional_call(plain, {**weights, **dict(replaced)}, image, strict=True)


def load_plain(kind, model, **config):
    """mmpretrain's own backbone with a copy of the weights of ours."""
    plain = kind(**config).double()
    plain.eval()  # returns None in mmpretrain
    plain.load_state_dict({key: value for key, value in model.state_dict().items() if not key.startswith('tuning.')})
    return plain


def assert_twins(ours, theirs, parameters, *, rows=False):
    """Equal outputs, and equal gradients of a random weighting of them, none of which vanishes.

    Equal: to 1e-12 of the largest value, or of one.

    Args:
        rows: no row of a gradient vanishes either, each of which is a prompt's.
    """
    assert [one.shape for one in ours] == [one.shape for one in theirs]
    weights = [torch.randn_like(output) for output in theirs]
    mine, others = (torch.autograd.grad(sum((output * weight).sum() for output, weight in zip(outputs, weights)),
                                        parameters) for outputs in (ours, theirs))
    for value, expected in zip([*ours, *mine], [*theirs, *others], strict=True):
        assert expected.abs().max() > 1e-6
        torch.testing.assert_close(value, expected, rtol=0, atol=1e-12 * max(1, expected.abs().max().item()))
    if rows:
        assert min(gradient.reshape(-1, gradient.shape[-1]).abs().amax(dim=-1).min() for gradient in others) > 1e-9
