"""Less memory for the same numbers: what is cheap to make again is not kept for the backward pass."""
from contextlib import nullcontext

import torch
from torch.autograd.graph import saved_tensors_hooks


def rebuilt(makers, made):
    """Context in which autograd keeps the makers of these tensors, and calls them again when it needs one.

    Args:
        makers: functions without arguments, which must not differentiate or draw random numbers.
        made: what each of them returned, before the context.
    """
    if torch.compiler.is_compiling() or not torch.is_grad_enabled():
        return nullcontext()
    recipes = {_place(one): make for one, make in zip(made, makers)}
    return saved_tensors_hooks(lambda tensor: recipes.get(_place(tensor), tensor),
                               lambda kept: kept if isinstance(kept, torch.Tensor) else kept())


def _place(tensor):
    """Where a tensor lies; tensors without values, which have no address, do have a storage."""
    return tensor.untyped_storage()._cdata, tensor.storage_offset(), tensor.shape
