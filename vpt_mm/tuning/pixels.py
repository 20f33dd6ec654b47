"""Prompts in pixel space: a frame, patches or channels of the image (Jia et al. 2022, prompt location; ConvNets)."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import UsageError
from ..layers.updated import UpdatedConv, is_plain_conv
from ..weights.families import IMAGENET
from .host import Host
from .method import Memory, Place, TuningMethod
from .prompts import append
from .registry import TUNING_METHODS

IMAGENET_MEAN, IMAGENET_STD = IMAGENET['mean'], IMAGENET['std']


class PixelPrompt(TuningMethod):
    """What prompts in pixel space share: pixels start uniform in 0..1, normalised as ImageNet images are."""

    sees_images = True

    def check_colours(self, backbone: Host) -> None:
        channels = backbone.first_conv.in_channels
        if channels != len(IMAGENET_MEAN):
            raise UsageError(f'{type(self).__name__} makes RGB pixels: the backbone needs in_channels=3, '
                             f'got {channels}.')

    def new_pixels(self, *shape: int) -> nn.Parameter:
        """(..., 3, h, w)."""
        mean, std = (torch.tensor(one).view(-1, 1, 1) for one in (IMAGENET_MEAN, IMAGENET_STD))
        return nn.Parameter((torch.rand(*shape) - mean) / std)


@TUNING_METHODS.register_module()
class PixelPadPrompt(PixelPrompt):
    """A frame of learnable pixels around the normalised image: the paper's prompts for ConvNets.

    A ConvNet sees the image as it is with the frame around it, (H + 2 pad, W + 2 pad). Where the grid of
    patches is fixed (ViT, Swin), the image is shrunk to (H - 2 pad, W - 2 pad), bilinearly, and the frame
    brings it back to (H, W). Either way feature maps have the shapes and the alignment of the plain
    backbone's; what is pooled, or read from a class token, saw frame and image alike.

    ``rows``: (2, 3, pad, w + 2 pad), above and below; ``columns``: (2, 3, h, pad), left and right, where
    (h, w) is the picture inside the frame. An image of another size stretches the frame along its sides.

    Args:
        pad: thickness of the frame in pixels.
        size: image size that the frame is built for, a side or (height, width); by default the ``img_size``
            of a ViT or Swin, and 224 for ConvNets.

    Raises:
        UsageError: a pad or size that is not a whole number of at least 1, a pad that leaves no image where
            the image is shrunk, or a backbone whose images are not RGB.
    """

    def __init__(self, pad: int, *, size: int | Sequence[int] | None = None) -> None:
        super().__init__()
        self.check_count('pad', pad)
        size = (size, size) if isinstance(size, int) else size
        if size is not None and (not isinstance(size, (list, tuple)) or len(size) != 2):
            raise UsageError(f'PixelPadPrompt: size must be a whole number or (height, width), got {size!r}.')
        for side in size or ():
            self.check_count('size', side)
        self.frame = pad
        self.size = size

    def build_for(self, backbone: Host) -> None:
        self.check_colours(backbone)
        if len(set(backbone.first_conv.stride)) > 1:
            raise UsageError(f'PixelPadPrompt: a frame of pixels needs patches with one stride along both axes, got '
                             f'{backbone.first_conv.stride}.')
        self.shrinks = not backbone.takes_frames
        height, width = self.picture_size(*(self.size or backbone.image_size))
        self.rows = self.new_pixels(2, 3, self.frame, width + 2 * self.frame)
        self.columns = self.new_pixels(2, 3, height, self.frame)

    def picture_size(self, height: int, width: int) -> tuple[int, int]:
        """(h, w) inside the frame for an image of (height, width)."""
        if not self.shrinks:
            return height, width
        if min(height, width) <= 2 * self.frame:
            raise UsageError(f'PixelPadPrompt: a pad must leave some of the image, got pad={self.frame} for an image '
                             f'of {height}x{width}: at most {(min(height, width) - 1) // 2} fits.')
        return height - 2 * self.frame, width - 2 * self.frame

    def enter(self, inputs: Tensor, memory: Memory) -> Tensor:
        height, width = self.picture_size(*inputs.shape[-2:])
        image = _resize(inputs, (height, width))
        rows = _resize(self.rows, (self.frame, width + 2 * self.frame)).to(image.dtype)
        columns = _resize(self.columns, (height, self.frame)).to(image.dtype)
        above, below, left, right = (side.expand(len(image), -1, -1, -1) for side in (*rows, *columns))
        return torch.cat([above, torch.cat([left, image, right], dim=3), below], dim=2)


@TUNING_METHODS.register_module()
class PixelPatchPrompt(PixelPrompt):
    """Learnable patches that stand beside those of the image: prompts prepended before the patch embedding.

    ``pixels``: (length, 3, patch, patch). The frozen patch embedding embeds them, without a position; from
    the first block on they travel as tokens.

    Args:
        length: number of patches.

    Raises:
        UsageError: a length that is not a whole number of at least 1, or a backbone whose images are not RGB.
    """

    needs = frozenset({'way to embed patches on their own'})
    travels = True

    def __init__(self, length: int) -> None:
        super().__init__()
        self.check_count('length', length)
        self.length = length

    def build_for(self, backbone: Host) -> None:
        self.check_colours(backbone)
        self.pixels = self.new_pixels(self.length, 3, *backbone.first_conv.kernel_size)

    def begin(self, inputs: Tensor, backbone: Any, **given: Any) -> Memory:
        return dict(tokens=backbone.embed_patches(self.pixels))

    def before(self, tokens: Tensor, place: Place, memory: Memory) -> Tensor:
        return append(tokens, memory['tokens']) if place.block == 0 else tokens


@TUNING_METHODS.register_module()
class ChannelPrompt(PixelPrompt):
    """Learnable channels concatenated to those of the image.

    The frozen first convolution has no weights for them, so both train: ``pixels``, (channels, H, W), and
    ``weight``, (width, channels, kernel, kernel), the convolution's part for the new channels. A convolution
    is linear in its channels, and the new ones are the same for all images: their part is computed once for
    the batch and added. ``weight`` starts at zero, so that training starts from the plain backbone.

    An image of another size resizes the channels, bilinearly.

    Args:
        channels: number of channels.

    Raises:
        UsageError: channels that are not a whole number of at least 1, or a first convolution that does more than one.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.check_count('channels', channels)
        self.channels = channels

    def build_for(self, backbone: Host) -> None:
        mean, std = (sum(one) / len(one) for one in (IMAGENET_MEAN, IMAGENET_STD))  # of a grey image
        self.pixels = nn.Parameter((torch.rand(self.channels, *backbone.image_size) - mean) / std)
        width, _, *kernel = backbone.first_conv.weight.shape
        self.weight = nn.Parameter(torch.zeros(width, self.channels, *kernel))
        first = backbone.first_conv
        if not is_plain_conv(first) or first.groups > 1:
            raise UsageError(f'ChannelPrompt adds channels to the first convolution of {backbone.title}, but this '
                             f'{type(first).__name__} is not a plain one: use PixelPadPrompt.')
        name = next(name for name, module in backbone.named_modules() if module is first)
        parent, _, child = name.rpartition('.')
        setattr(backbone.get_submodule(parent), child, UpdatedConv(first, self.project))

    def project(self, conv: nn.Conv2d, inputs: Tensor) -> Tensor:
        """(1, width, h, w): what the convolution's outputs for inputs (B, 3, H, W) gain."""
        pixels = _resize(self.pixels[None], inputs.shape[-2:])
        return F.conv2d(pixels, self.weight, None, conv.stride, conv.padding, conv.dilation)


def _resize(pixels: Tensor, size: Sequence[int]) -> Tensor:
    """(B, 3, H, W) to (B, 3, *size), linearly along each axis that differs."""
    if tuple(pixels.shape[-2:]) == tuple(size):
        return pixels
    return F.interpolate(pixels, size=tuple(size), mode='bilinear', align_corners=False)
