"""SideTuning: a small network beside the frozen backbone."""
from __future__ import annotations

import torch
from torch import Tensor, nn

from ..errors import UsageError
from .host import Host
from .method import Memory, Outputs, TuningMethod
from .registry import TUNING_METHODS


@TUNING_METHODS.register_module()
class SideTuning(TuningMethod):
    """A ConvNet on the image, and a learned gate between its feature and the backbone's (Zhang et al. 2020).

    The head reads ``g * backbone(image) + (1 - g) * side(image)`` with ``g = sigmoid(gate)``, one half at the start.
    Where a neck pools the backbone's map, the side's feature is the same in all its cells: pooling is linear.

    Args:
        width: channels of the first of four layers; each has twice those of the one before, at half the size.

    Raises:
        UsageError: a width that is not a whole number of at least 1, or a backbone with dense or several outputs.
    """

    part = 'side network'
    dense = False
    sees_images = True

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.check_count('width', width)
        self.width = width

    def build_for(self, backbone: Host) -> None:
        if not backbone.gives_one_feature:
            raise UsageError(
                f'SideTuning blends the one feature that a classifier reads, but this {backbone.title} '
                'gives dense or several outputs: under a segmentor or detector use another method; under a classifier '
                "take the last of out_indices, pooled (out_type='cls_token' of a ViT, gap_before_final_norm=True of "
                'a ConvNeXt).')
        channels = [backbone.first_conv.in_channels, *(self.width * 2 ** layer for layer in range(4))]
        self.side = nn.Sequential(*(nn.Sequential(nn.Conv2d(before, after, 3, stride=2, padding=1), nn.GELU())
                                    for before, after in zip(channels, channels[1:])),
                                  nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                                  nn.Linear(channels[-1], backbone.block_widths[-1]))
        self.gate = nn.Parameter(torch.zeros(()))

    def finish(self, outputs: Outputs, inputs: Tensor, memory: Memory) -> Outputs:
        (features,), side, gate = outputs, self.side(inputs), self.gate.sigmoid()
        return (gate * features + (1 - gate) * side.view(side.shape + (1,) * (features.dim() - 2)),)
