"""What OpenMMLab's libraries name each in their own way: wrapped models, heads, and how images are normalised."""
from __future__ import annotations

from typing import Any

import torch
from mmengine.model import BaseTTAModel, is_model_wrapper
from torch import Tensor, nn

HEADS = ('decode_head', 'auxiliary_head', 'head')
SWAPS = ('to_rgb', 'bgr_to_rgb', 'rgb_to_bgr')  # arguments of data preprocessors, each of which turns colours around


def unwrap(model: Any) -> Any:
    """The model inside DDP or test-time augmentation."""
    while is_model_wrapper(model) or isinstance(model, BaseTTAModel):
        model = model.module
    return model


def head_of(model: nn.Module) -> Any:
    """The head that predicts: a segmentor's, of a cascade the last, or a classifier's; None of other models."""
    model = unwrap(model)
    head = getattr(model, 'decode_head', None) or getattr(model, 'head', None)
    return head[-1] if isinstance(head, nn.ModuleList) else head


def heads_in(model: nn.Module) -> dict[str, Any]:
    """{place: head} of all heads of a segmentor or classifier: each of a cascade, and auxiliary ones as well."""
    model, found = unwrap(model), dict[str, Any]()
    for name in HEADS:
        part = getattr(model, name, None)
        if isinstance(part, nn.ModuleList):
            found.update({f'{name}.{number}': head for number, head in enumerate(part)})
        elif part is not None:
            found[name] = part
    return found


def is_segmentor(model: nn.Module) -> bool:
    """Whether a model gives a class to every pixel."""
    return hasattr(unwrap(model), 'decode_head')


def swaps_channels(preprocessor: Any) -> bool:
    """Whether a data preprocessor, or a config of one, turns BGR, in which OpenMMLab reads images, into RGB."""
    if isinstance(preprocessor, dict):
        return any(preprocessor.get(name) for name in SWAPS)
    names = ('to_rgb', 'channel_conversion', '_channel_conversion')  # of mmpretrain, mmseg and mmengine
    return any(getattr(preprocessor, name, False) for name in names)


def normalisation_of(preprocessor: Any) -> tuple[Tensor, Tensor]:
    """(mean, std) of a data preprocessor, (3, 1, 1) each, for pixels of 0..255; zeros and ones where it has none."""
    mean, std = (getattr(preprocessor, name, None) for name in ('mean', 'std'))
    if mean is None:
        return torch.zeros(3, 1, 1), torch.ones(3, 1, 1)
    return mean.detach().cpu().view(-1, 1, 1), std.detach().cpu().view(-1, 1, 1)
