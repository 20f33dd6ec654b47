"""Less memory for the same numbers: what is cheap to make again is not kept for the backward pass."""
from contextlib import nullcontext

import torch
from torch.autograd.graph import saved_tensors_hooks


def rebuilt(makers, made):
    """Context in which autograd keeps the makers of these tensors, and calls them again when it needs one.

    Args:
        makers: ``functools.partial`` of functions that do not differentiate or draw random numbers.
        made: what each of them returned, before the context.

    Raises:
        RuntimeError: in the backward pass, if a tensor that a maker takes was written to since.
    """
    if torch.compiler.is_compiling() or not torch.is_grad_enabled():
        return nullcontext()
    recipes = {_place(one): Recipe(make) for one, make in zip(made, makers)}
    return saved_tensors_hooks(lambda tensor: recipes.get(_place(tensor), tensor),
                               lambda kept: kept() if isinstance(kept, Recipe) else kept)


class Recipe:
    """A maker that is called again, unless what it takes has changed: autograd sees tensors that are kept alone."""

    def __init__(self, make):
        self.make = make
        self.taken = [(one, one._version) for one in make.args if isinstance(one, torch.Tensor)]

    def __call__(self):
        if any(one._version != version for one, version in self.taken):
            raise RuntimeError('one of the tensors needed for the backward pass was written to in between: call '
                               'backward before the optimizer step.')
        return self.make()


def _place(tensor):
    """Where a tensor lies; tensors without values, which have no address, do have a storage."""
    return tensor.untyped_storage()._cdata, tensor.storage_offset(), tensor.shape
