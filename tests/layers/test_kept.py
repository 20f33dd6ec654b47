"""What is kept is made again when anything that it was made of changes, and never kept where that can't be told."""
import copy
import pickle

import pytest
import torch

from vpt_mm.layers.kept import Kept


class Maker:
    """Counts how often it is called, and returns what its tensors sum up to."""

    def __init__(self, *tensors):
        self.tensors, self.calls = tensors, 0

    def __call__(self):
        self.calls += 1
        return sum(tensor.sum() for tensor in self.tensors)


@pytest.fixture
def learned():
    return torch.nn.Parameter(torch.ones(3))


def test_it_is_made_once(learned):
    kept, make = Kept(), Maker(learned)
    with torch.no_grad():
        assert [kept.get('sum', make, learned=[learned]) for _ in range(3)] == [3, 3, 3]
    assert make.calls == 1


@pytest.mark.parametrize('change', [
    lambda tensor: tensor.mul_(2), lambda tensor: tensor.data.mul_(2),
    lambda tensor: setattr(tensor, 'data', 2 * tensor.data)], ids=['in place', 'past autograd', 'replaced'])
def test_it_is_made_again_when_what_learns_changes(learned, change):
    kept, make = Kept(), Maker(learned)
    with torch.no_grad():
        kept.get('sum', make, learned=[learned])
        change(learned)
        assert kept.get('sum', make, learned=[learned]) == 6


def test_it_says_how_much_it_keeps(learned):
    kept = Kept()
    kept.get('some', lambda: [learned, (learned, None)], learned=[learned])
    assert kept.nbytes == 2 * learned.nbytes
    kept.clear()
    assert kept.nbytes == 0


def test_it_is_made_again_when_a_frozen_tensor_or_something_else_changes():
    kept, frozen = Kept(), torch.ones(3)
    make = Maker(frozen)
    for size in (1, 1, 2):
        kept.get('sum', make, frozen=[frozen], given=size)
    assert make.calls == 2
    frozen.add_(1)
    assert kept.get('sum', make, frozen=[frozen], given=2) == 6


def test_values_are_not_read_on_a_device_that_would_have_to_be_waited_for(monkeypatch):
    """On the meta device, which stands for one without cheap comparisons, addresses and versions alone count."""
    monkeypatch.setattr(torch, 'equal', None)
    learned = torch.ones(3, device='meta')
    kept, make = Kept(), Maker(learned)
    for _ in range(2):
        kept.get('sum', make, learned=[learned])
    assert make.calls == 1
    learned.mul_(2)
    kept.get('sum', make, learned=[learned])
    assert make.calls == 2
    kept.clear()
    kept.get('sum', make, learned=[learned])
    assert make.calls == 3


def test_a_copy_keeps_nothing_that_was_learned_there():
    """An average of weights is a copy, which is written to past autograd and never switched to evaluation."""
    learned = torch.ones(3, device='meta')
    kept = copy.deepcopy(Kept())
    make = Maker(learned)
    for _ in range(2):
        kept.get('sum', make, learned=[learned])
    assert make.calls == 2
    assert pickle.loads(pickle.dumps(kept)).copied  # noqa: S301  (made here)


def test_tensors_that_count_no_writes_are_not_trusted():
    with torch.inference_mode():
        frozen = torch.ones(3)
        kept, make = Kept(), Maker(frozen)
        for _ in range(2):
            kept.get('sum', make, frozen=[frozen])
    assert make.calls == 2
