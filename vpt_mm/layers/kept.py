"""Kept: what was made of tensors, until one of them is written to."""
from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor

from .rebuilt import place_of

Made = TypeVar('Made')


class Kept:
    """Results by name, the latest of each.

    A source counts as unchanged while it lies at its address and autograd saw no write to it: no value is read, for
    which a GPU would have to be waited for. Averaging hooks write to what learns past autograd. On a CPU, where nothing
    waits, the values of what learns are therefore compared as well; elsewhere whoever keeps something calls
    :meth:`clear` with every ``train()`` and ``eval()``, which such hooks are followed by, and copies, which is what
    averages are, keep nothing that was learned. Copies start empty.
    """

    def __init__(self, *, copied: bool = False) -> None:
        self.copied = copied
        self.held: dict[Hashable, tuple[Any, list[Tensor], Any]] = {}

    def __deepcopy__(self, memo: dict[int, Any]) -> Kept:
        return Kept(copied=True)

    def __getstate__(self) -> dict[str, Any]:
        return dict(copied=self.copied, held={})

    def clear(self) -> None:
        self.held.clear()

    def contents(self) -> list[Any]:
        """All that is kept now."""
        return [made for _, _, made in self.held.values()]

    @property
    def nbytes(self) -> int:
        """Bytes of all tensors that are kept."""
        return sum(map(_bytes_of, self.contents()))

    def get(self, name: Hashable, make: Callable[[], Made], *, frozen: Sequence[Tensor] = (),
            learned: Sequence[Tensor] = (), given: Hashable = None) -> Made:
        """What ``make`` returns, kept or new; it must not differentiate.

        Args:
            name: what it is kept as.
            make: called where nothing is kept, or something else than now.
            frozen: tensors that it reads and nothing trains.
            learned: tensors that it reads and something trains.
            given: everything else that it depends on, such as a size or a dtype.
        """
        sources = [*frozen, *learned]
        if torch.compiler.is_compiling() or any(source.is_inference() for source in sources):  # which count no writes
            return make()
        on_cpu = all(source.device.type == 'cpu' for source in learned)
        if learned and self.copied and not on_cpu:
            return make()
        state = given, [(place_of(source), source._version, source.dtype) for source in sources]
        old_state, values, made = self.held.get(name, (None, [], None))
        if old_state != state or (on_cpu and not all(map(torch.equal, values, learned))):
            made = make()
            self.held[name] = state, [value.detach().clone() for value in learned] if on_cpu else [], made
        return made


def _bytes_of(made: Any) -> int:
    if isinstance(made, Tensor):
        return made.nbytes
    return sum(map(_bytes_of, made)) if isinstance(made, (list, tuple)) else 0
