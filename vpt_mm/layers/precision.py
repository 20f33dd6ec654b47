"""Mixed precision: the type that it computes products in, and where it is kept out."""
from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor


def autocast_dtype(tensor: Tensor) -> torch.dtype | None:
    """The type of autocast on the device of a tensor, or None where it is off or unknown to the device."""
    kind = tensor.device.type
    on = torch.amp.is_autocast_available(kind) and torch.is_autocast_enabled(kind)
    return torch.get_autocast_dtype(kind) if on else None


def full_precision(tensor: Tensor) -> AbstractContextManager[Any]:
    """A context in which products of such tensors are of their own type; tensors without values know no autocast."""
    kind = tensor.device.type
    return torch.autocast(kind, enabled=False) if torch.amp.is_autocast_available(kind) else nullcontext()
