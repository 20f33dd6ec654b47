"""SeesImages: a backbone whose first layer is a convolution over an image."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from ..errors import UsageError
from ..layers.alignment import realign
from ..mixin import Mixin


class SeesImages(Mixin):
    """Mixin: the convolution that meets the image, and the way back from the map of a framed image."""

    takes_frames = False  # True: a frame goes around the image; False: the image is shrunk into it

    @property
    def first_conv(self) -> nn.Conv2d:
        """The convolution that meets the image."""
        return self.patch_embed.projection

    @property
    def image_size(self) -> tuple[int, int]:
        """(height, width) of the images that the backbone is built for."""
        return self.patch_embed.init_input_size

    def unframe(self, features: Tensor, image: Tensor, tuning: Any, *, stride: int,
                cells: Sequence[int] | None = None) -> Tensor:
        """A map (B, C, h, w) at ``stride`` pixels a cell, as the plain backbone's lies on this image.

        ``cells``: shape of the plain map, where it is not that of ``features``.
        """
        frame, size = tuning.frame, image.shape[2:]
        if not frame:
            return features
        if cells and 0 in cells:
            raise UsageError(f'{type(self).__name__} gives one feature for each {stride}x{stride} pixels, and this '
                             f'image of {size[0]}x{size[1]} has none: use larger images, or stages of a finer stride.')
        picture = size if self.takes_frames else [side - 2 * frame for side in size]
        return realign(features, stride=stride, frame=frame, image=size, picture=picture,
                       cells=cells or features.shape[2:])
