"""What torch's compiler does not trace: its decorators, with the types that torch leaves out."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import torch

F = TypeVar('F', bound=Callable[..., Any])


def untraced(function: F) -> F:
    """The function as it is, between two graphs."""
    return cast(F, torch.compiler.disable(function))


def constant(function: F) -> F:
    """The function, whose result for its arguments is a constant of the graph."""
    return cast(F, torch.compiler.assume_constant_result(function))
