"""Transform: from an image to what a model is given, the same in a loop of one's own and in serving."""
from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image, ImageOps
from torch import Tensor

from ..apis.images import read_image
from ..tasks.build import build_preprocessor
from ..tasks.preprocess import Preprocess

USUAL = 'bicubic'  # interpolation, where images are not resized


class Transform:
    """From one image to (3, h, w), resized, cropped and normalised as a task is served.

    Args:
        kind: 'classification' or 'segmentation'.
        described: ``model.input`` of a task file (:mod:`vpt_mm.tasks.schema`).
    """

    def __init__(self, kind: str, described: dict[str, Any]) -> None:
        self.described = described
        self.steps = Preprocess(described['steps'], kind, floats=described['floats'])
        self.normalise = build_preprocessor(dict(kind=kind, input=described))

    def __call__(self, image: Any) -> Tensor:
        """The tensor of an image.

        Args:
            image: of Pillow's; or a path, an address, the bytes of a file, or an array (H, W, 3) BGR uint8, as
                ``TaskInferencer`` takes them.

        Raises:
            UsageError: not an image, or one that the steps do not take.
        """
        if isinstance(image, Image.Image):
            image = np.ascontiguousarray(np.asarray(ImageOps.exif_transpose(image).convert('RGB'))[..., ::-1])
        inputs, sample = self.steps(read_image(image))
        made: Tensor = self.normalise(dict(inputs=[inputs], data_samples=[sample]), False)['inputs'][0]
        return made

    @property
    def data_config(self) -> dict[str, Any]:
        """Size and normalisation in timm's terms, for ``timm.data.create_transform(**data_config)``.

        ``mean`` and ``std`` are of RGB in 0..1; ``input_size`` is (3, H, W), of the last step that sets one.
        """
        sizes = [size for step in self.described['steps'] if (size := _size(step))]
        resizing = next((step for step in self.described['steps'] if 'interpolation' in step), {})
        mean, std = ([value / 255 for value in self.described[name] or default]
                     for name, default in (('mean', [0.] * 3), ('std', [255.] * 3)))
        made = dict(mean=tuple(mean), std=tuple(std), interpolation=resizing.get('interpolation', USUAL))
        if sizes:
            made['input_size'] = 3, *sizes[-1]
        if len(sizes) == 2 and resizing.get('type') == 'ResizeEdge':
            made['crop_pct'] = sizes[-1][0] / sizes[0][0]
        return made


def _size(step: dict[str, Any]) -> tuple[int, int] | None:
    """(height, width) that a step makes of an image; of a square's edge, that of a square."""
    given = step.get('crop_size', step.get('scale'))
    if given is None or isinstance(given, int):
        return None if given is None else (given, given)
    return tuple(given) if 'crop_size' in step else tuple(given)[::-1]
