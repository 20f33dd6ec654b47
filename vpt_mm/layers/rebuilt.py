"""Computes cheap tensors again in the backward pass instead of keeping them: less memory, the same numbers."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks


def rebuilt(make: Callable[[], Sequence[Tensor]], made: Sequence[Tensor],
            sources: Sequence[Tensor]) -> AbstractContextManager[None]:
    """Context in which autograd keeps the recipe of these tensors, and follows it when it needs one.

    Args:
        make: returns the tensors; it draws no random numbers.
        made: what it returned, before the context.
        sources: what it reads.

    Raises:
        RuntimeError: in the backward pass, if a source was written to since.
    """
    if torch.compiler.is_compiling() or not any(tensor.requires_grad for tensor in made):
        return nullcontext()
    recipe = Recipe(make, sources)
    known = {place_of(tensor): index for index, tensor in enumerate(made)}

    def pack(tensor: Tensor) -> Tensor | int:
        return known.get(place_of(tensor), tensor)

    def unpack(packed: Tensor | int) -> Tensor:
        return recipe(packed) if isinstance(packed, int) else packed

    return saved_tensors_hooks(pack, unpack)


class Recipe:
    """How tensors are made, unless a source has changed: autograd watches only over tensors that it keeps itself."""

    def __init__(self, make: Callable[[], Sequence[Tensor]], sources: Sequence[Tensor]) -> None:
        self.make = make
        self.sources = [(source, source._version) for source in sources]
        self.spare: dict[int, Tensor] = {}  # made together with one that was asked for

    def __call__(self, index: int) -> Tensor:
        if index not in self.spare:
            if any(source._version != version for source, version in self.sources):
                raise RuntimeError('one of the tensors needed for the backward pass was written to in between: call '
                                   'backward before the optimizer step.')
            with torch.no_grad():
                self.spare = dict(enumerate(self.make()))
        return self.spare.pop(index)


def place_of(tensor: Tensor) -> tuple[Any, ...]:
    """Where a tensor lies; tensors without values, which have no address, do have a storage."""
    return tensor.untyped_storage()._cdata, tensor.storage_offset(), tensor.shape
