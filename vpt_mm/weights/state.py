"""State dicts: which keys a tuning method owns, and how a file's differs from a model's."""
from typing import NamedTuple

import torch

from ..errors import some

TUNING = 'tuning.'  # begins the keys of all that the tuning method of a backbone owns
UNUSED = 'num_batches_tracked'  # ends keys of batch norms whose values no output depends on


class Difference(NamedTuple):
    """How the state dict of a file differs from a model's own.

    Attributes:
        missing: keys that the model needs and the file lacks.
        unfit: {key: (the file's, the model's)}: two shapes, or two types that can't be copied into each other.
        surplus: keys that the model has no place for.
    """

    missing: list
    unfit: dict
    surplus: list

    def describe(self):
        """The difference in words, which are empty where there is none."""
        parts = (('missing: ', self.missing), ('', describe_unfit(self.unfit)), ('no place for ', self.surplus))
        return '; '.join(what + some(found) for what, found in parts if found)


def compare_state(state, own, *, needed=None, exact=False):
    """Compare the state dict of a file with a model's own (:class:`Difference`).

    Args:
        state: {key: tensor} of the file.
        own: {key: tensor} of the model.
        needed: keys of ``own`` that the file must have; all of them by default.
        exact: types are the same, not only both of whole numbers or neither.
    """
    missing = [key for key in (own if needed is None else needed) if key not in state and not key.endswith(UNUSED)]
    unfit = {key: _kinds(state[key], tensor, exact) for key, tensor in own.items() if key in state}
    return Difference(missing, {key: kinds for key, kinds in unfit.items() if kinds},
                      [key for key in state if key not in own])


def _kinds(theirs, ours, exact):
    """What tells two tensors apart, or None."""
    if theirs.shape != ours.shape:
        return tuple(theirs.shape), tuple(ours.shape)
    alike = theirs.dtype == ours.dtype if exact else theirs.is_floating_point() == ours.is_floating_point()
    return None if alike else (theirs.dtype, ours.dtype)


def describe_unfit(unfit):
    """``Difference.unfit`` as a list of texts."""
    return [f'{key} is {theirs} in the file, {ours} in the model' for key, (theirs, ours) in unfit.items()]


def not_finite(state):
    """The keys of {key: tensor} whose tensors have NaN or infinite values."""
    return [key for key, tensor in state.items() if not torch.isfinite(tensor).all()]
