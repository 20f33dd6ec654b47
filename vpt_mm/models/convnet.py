"""TunableConvNet: what ConvNets with a tuning method share."""
import torch
from torch import nn

from .tunable import Tunable


class TunableConvNet(Tunable):
    """A :class:`Tunable` that sees an image with its frame around it, and has no tokens."""

    seams = ('paint', 'project', 'blend')
    lacking = 'a ConvNet, which has no tokens to stand beside'
    takes_frames = True
    image_size = (224, 224)  # the size of the paper's images; a ConvNet is built for none

    def tune(self, config):
        """As ever; and weights lie channels-last, as the maps do (the same values, a faster convolution)."""
        super().tune(config)
        if self.tuning is not None:
            self.to(memory_format=torch.channels_last)

    def store_frozen(self, name):
        """As ever, but for batch norms, whose statistics stay exact and count for little."""
        super().store_frozen(name)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.float()
