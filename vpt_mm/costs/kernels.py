"""count_kernels(): how many operations of a pass start a kernel, counted on any device."""
from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from torch.utils._python_dispatch import TorchDispatchMode

# Operations that allocate or look at memory and compute nothing.
IDLE = {'empty', 'empty_like', 'empty_strided', 'new_empty', 'new_empty_strided', 'detach', '_unsafe_view',
        'lift_fresh', 'promote_types', 'set_', 'resize_'}


class CountKernels(TorchDispatchMode):
    """Context that counts operations by name: all but views, allocations and operations that see one tensor as another.

    Attributes:
        counts: how often each ran.
    """

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()

    def __torch_dispatch__(self, function: Any, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        name = function.overloadpacket.__name__
        if name not in IDLE and not _is_view(function):
            self.counts[name] += 1
        return function(*args, **(kwargs or {}))


def count_kernels(run: Callable[[], Any]) -> int:
    """The number of operations in a call that start a kernel each, its backward pass included."""
    with CountKernels() as counted:
        run()
    return counted.counts.total()


def _is_view(function: Any) -> bool:
    """Whether an operation returns its argument's memory, unwritten."""
    aliases = [result.alias_info for result in function._schema.returns]
    return bool(aliases) and all(alias is not None and not alias.is_write for alias in aliases)
