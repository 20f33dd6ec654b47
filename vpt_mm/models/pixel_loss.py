"""PixelCrossEntropy: cross entropy over pixels, with weights of classes and ignored pixels together."""
from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from mmengine.registry import MODELS
from torch import Tensor, nn


@MODELS.register_module()
class PixelCrossEntropy(nn.Module):
    """The mean cross entropy of the pixels that count, each with the weight of its class.

    mmseg's ``CrossEntropyLoss(avg_non_ignore=True)`` looks up a weight for ignored pixels as well, for which there is
    none (mmseg issue 3831). Without weights, or without ignored pixels, the two are equal.

    Args:
        class_weight: a weight for each class; 1 each by default.
        loss_weight: factor of the whole loss.
        loss_name: its name in the log, beginning with ``loss_``.
    """

    def __init__(self, *, class_weight: Sequence[float] | None = None, loss_weight: float = 1.,
                 loss_name: str = 'loss_ce') -> None:
        super().__init__()
        self.class_weight, self.loss_weight, self.loss_name = class_weight, loss_weight, loss_name

    def forward(self, scores: Tensor, labels: Tensor, weight: Tensor | None = None, ignore_index: int = 255) -> Tensor:
        """The loss of scores (N, C, H, W) for labels (N, H, W), whose pixels may have a ``weight`` (N, H, W)."""
        classes = None if self.class_weight is None else scores.new_tensor(self.class_weight)
        losses = F.cross_entropy(scores, labels, weight=classes, reduction='none', ignore_index=ignore_index)
        counts = (labels != ignore_index).to(scores.dtype)
        if classes is not None:
            counts = counts * classes[labels.clamp(0, len(classes) - 1)]
        if weight is not None:
            losses = losses * weight
        return self.loss_weight * (losses.sum() / (counts.sum() + torch.finfo(torch.float32).eps))
