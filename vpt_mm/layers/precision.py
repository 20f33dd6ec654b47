"""autocast_dtype(): the type that mixed precision computes products in."""
from __future__ import annotations

import torch
from torch import Tensor


def autocast_dtype(tensor: Tensor) -> torch.dtype | None:
    """The type of autocast on the device of a tensor, or None where it is off or unknown to the device."""
    kind = tensor.device.type
    on = torch.amp.is_autocast_available(kind) and torch.is_autocast_enabled(kind)
    return torch.get_autocast_dtype(kind) if on else None
