"""TunableConvNet: what ConvNets with a tuning method share."""
from __future__ import annotations

from typing import Any

import torch
from torch import nn

from .image import SeesImages
from .tunable import Tunable


class TunableConvNet(SeesImages, Tunable):
    """A :class:`Tunable` that sees an image with its frame around it, and has no tokens."""

    seams = ('enter', 'after_ffn', 'finish')
    lacking = 'a ConvNet, which has no tokens to stand beside'
    takes_frames = True
    image_size = (224, 224)  # of the paper's images; a ConvNet is built for none
    block_tokens = ()

    def tune(self, config: Any) -> None:
        """Like Tunable's, and stores weights channels-last, as the maps are (the same values, a faster convolution)."""
        super().tune(config)
        if self.tuning is not None:
            self.to(memory_format=torch.channels_last)

    def store_frozen(self, name: str | None) -> None:
        """Like Tunable's, but for batch norms, whose statistics stay exact and count for little."""
        super().store_frozen(name)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.float()
