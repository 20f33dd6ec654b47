"""What OpenMMLab's libraries name each in their own way: heads that predict, and how images are normalised."""
from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from .frozen import unwrap


def head_of(model: nn.Module) -> Any:
    """The head that predicts: a segmentor's, of a cascade the last, or a classifier's; None of other models."""
    model = unwrap(model)
    head = getattr(model, 'decode_head', None) or getattr(model, 'head', None)
    return head[-1] if isinstance(head, nn.ModuleList) else head


def is_segmentor(model: nn.Module) -> bool:
    """Whether a model gives a class to every pixel."""
    return hasattr(unwrap(model), 'decode_head')


def swaps_channels(preprocessor: nn.Module) -> bool:
    """Whether a data preprocessor turns BGR, in which OpenMMLab reads images, into RGB."""
    names = ('to_rgb', 'channel_conversion', '_channel_conversion')  # of mmpretrain, mmseg and mmengine
    return any(getattr(preprocessor, name, False) for name in names)


def normalisation_of(preprocessor: Any) -> tuple[Tensor, Tensor]:
    """(mean, std) of a data preprocessor, (3, 1, 1) each, for pixels of 0..255; zeros and ones where it has none."""
    mean, std = (getattr(preprocessor, name, None) for name in ('mean', 'std'))
    if mean is None:
        return torch.zeros(3, 1, 1), torch.ones(3, 1, 1)
    return mean.detach().cpu().view(-1, 1, 1), std.detach().cpu().view(-1, 1, 1)
