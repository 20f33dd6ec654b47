"""Preprocessing from the numbers in a task file, by OpenMMLab's own transforms: the same pixels as a config's."""
from __future__ import annotations

from typing import Any

import numpy as np
from mmcv.transforms import CenterCrop, Resize
from mmpretrain.datasets.transforms import PackInputs, ResizeEdge
from mmseg.datasets.transforms import PackSegInputs
from numpy.typing import NDArray
from torch import Tensor

from ..errors import UsageError
from .build import tuples

MOST_PIXELS = 50_000_000  # of a resized image
STEPS = dict(CenterCrop=CenterCrop, Resize=Resize, ResizeEdge=ResizeEdge)
PACKING = dict(classification=PackInputs, segmentation=PackSegInputs)


class Preprocess:
    """From an image to what a model's data preprocessor takes.

    Args:
        steps: ``model.input.steps`` of a task file.
        kind: 'classification' or 'segmentation'.
        floats: the transforms see floats, which they resize without rounding.
    """

    def __init__(self, steps: list[dict[str, Any]], kind: str, *, floats: bool = False) -> None:
        self.steps = [STEPS[step.pop('type')](**step) for step in tuples(steps)]
        self.pack = PACKING[kind]()
        self.pixels: type = np.float32 if floats else np.uint8

    def __call__(self, image: NDArray[np.uint8]) -> tuple[Tensor, Any]:
        """(H, W, 3) BGR uint8 to (3, h, w), uint8 or float32, and its data sample.

        Raises:
            UsageError: a step that does not take an image of this size.
        """
        height, width = image.shape[:2]
        image = image.astype(self.pixels, copy=False)
        data: dict[str, Any] = dict(img=image, img_shape=(height, width), ori_shape=(height, width), img_path='')
        for step in self.steps:
            _require_room(step, data['img'].shape)
            data = step(data)
        packed = self.pack(data)
        return packed['inputs'], packed['data_samples']


def _require_room(step: Any, shape: tuple[int, ...]) -> None:
    """Raise UsageError where an edge of a set length makes a very long image huge."""
    edge = getattr(step, 'edge', None)
    if edge is None:
        return
    height, width = shape[:2]
    by_width = edge == 'width' or (edge == 'short' and width < height) or (edge == 'long' and width > height)
    scale = step.scale / (width if by_width else height)
    if height * scale * width * scale > MOST_PIXELS:
        raise UsageError(f'an image of {width}x{height} pixels would be resized to more than {MOST_PIXELS:,}: crop it.')
