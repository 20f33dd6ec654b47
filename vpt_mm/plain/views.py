"""View: how images come to a backbone, as its weights were trained."""
from __future__ import annotations

import math
from typing import Any, NamedTuple

from ..weights.families import IMAGENET

PIL_NAMES = ('nearest', 'bilinear', 'bicubic', 'box', 'hamming', 'lanczos')


class View(NamedTuple):
    """Size and normalisation of images, in timm's terms.

    Attributes:
        size: (height, width) in pixels.
        mean: of RGB in 0..1.
        std: the same.
        crop: share of an image that is left by the crop behind the resizing.
        interpolation: of the resizing, by Pillow.
    """

    size: tuple[int, int]
    mean: tuple[float, ...] = IMAGENET['mean']
    std: tuple[float, ...] = IMAGENET['std']
    crop: float = 0.875
    interpolation: str = 'bicubic'

    @classmethod
    def of_timm(cls, config: Any, size: Any = None) -> View:
        """As timm describes pretrained weights; ``size`` in place of theirs."""
        known = {name: value for name, value in (config or {}).items() if value is not None}
        usual = known.get('input_size', (3, 224, 224))[1:]
        name = known.get('interpolation')
        return cls(pair(size or usual), tuple(known.get('mean', IMAGENET['mean'])),
                   tuple(known.get('std', IMAGENET['std'])), known.get('crop_pct', 0.875),
                   name if name in PIL_NAMES else 'bicubic')

    def normalised(self, mean: Any = None, std: Any = None) -> View:
        """The same with another mean and standard deviation, where they are given."""
        return self._replace(mean=tuple(mean or self.mean), std=tuple(std or self.std))

    def preprocessor(self, kind: str) -> dict[str, Any]:
        """Config of a data preprocessor of mmpretrain's or mmseg's."""
        normalise = dict(mean=[255 * value for value in self.mean], std=[255 * value for value in self.std])
        if kind == 'segmentation':
            return dict(type='SegDataPreProcessor', bgr_to_rgb=True, **normalise)
        return dict(type='ClsDataPreprocessor', to_rgb=True, **normalise)

    def pipeline(self, kind: str) -> list[dict[str, Any]]:
        """Transforms of a test: a resized image and its middle; for a segmentor the whole image."""
        height, width = self.size
        resizing = dict(backend='pillow', interpolation=self.interpolation)
        if kind == 'segmentation':
            return [dict(type='LoadImageFromFile'), dict(type='Resize', scale=(width, height)),
                    dict(type='PackSegInputs')]
        steps: list[dict[str, Any]] = [dict(type='ResizeEdge', scale=math.floor(height / self.crop), edge='short',
                                            **resizing), dict(type='CenterCrop', crop_size=height)]
        if height != width:
            steps = [dict(type='Resize', scale=(width, height), **resizing)]
        return [dict(type='LoadImageFromFile'), *steps, dict(type='PackInputs')]


def pair(size: Any) -> tuple[int, int]:
    """(height, width) of a side, or of both."""
    return (size, size) if isinstance(size, int) else (int(size[0]), int(size[-1]))
