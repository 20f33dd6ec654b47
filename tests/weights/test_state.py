"""State dicts: what one lacks of another, and what does not fit."""
import torch

from vpt_mm.weights.state import compare_state, describe_unfit, not_finite

OWN = {'a': torch.zeros(2, 3), 'b': torch.zeros(4), 'c': torch.zeros(()), 'norm.num_batches_tracked': torch.tensor(0)}


def test_the_same_state_has_no_difference():
    assert compare_state(OWN, OWN) == ([], {}, [])
    assert compare_state({key: tensor.half() if tensor.is_floating_point() else tensor for key, tensor in OWN.items()},
                         OWN) == ([], {}, [])


def test_what_is_missing_is_told_by_what_is_needed():
    missing, unfit, surplus = compare_state({'a': OWN['a'], 'd': OWN['b']}, OWN)
    assert (missing, unfit, surplus) == (['b', 'c'], {}, ['d'])
    assert compare_state({}, OWN, needed=['c']).missing == ['c']


def test_types_may_have_to_be_the_same():
    half = dict(OWN, b=OWN['b'].half())
    assert compare_state(half, OWN, exact=True) == ([], {'b': (torch.float16, torch.float32)}, [])


def test_a_difference_in_words():
    assert compare_state(OWN, OWN).describe() == ''
    assert compare_state({'a': torch.zeros(3, 2), 'd': OWN['b']}, OWN).describe() == (
        'missing: b, c; a is (3, 2) in the file, (2, 3) in the model; no place for d')


def test_other_shapes_and_whole_numbers_do_not_fit():
    state = dict(OWN, a=torch.zeros(3, 2), b=torch.zeros(4, dtype=torch.long))
    state['norm.num_batches_tracked'] = torch.zeros(1, dtype=torch.long)
    assert describe_unfit(compare_state(state, OWN).unfit) == [
        'a is (3, 2) in the file, (2, 3) in the model', 'b is torch.int64 in the file, torch.float32 in the model',
        'norm.num_batches_tracked is (1,) in the file, () in the model']


def test_values_that_are_not_finite():
    assert not_finite(OWN) == []
    assert not_finite(dict(OWN, a=torch.tensor([0, torch.inf]), b=torch.tensor(torch.nan))) == ['a', 'b']
