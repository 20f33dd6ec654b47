"""StampScenesDataset: reads a folder that `python -m vpt_mm.datasets.real.stamp_scenes` wrote."""
from typing import Any

from mmengine.registry import DATASETS
from mmseg.datasets import BaseSegDataset

from .stamps import CLASSES


@DATASETS.register_module()
class StampScenesDataset(BaseSegDataset):
    """Stamp scenes for mmseg: background and the eleven classes of the stamps.

    Args:
        split: 'train', 'val' or 'test'.
        scenes: ``data_root`` and other arguments of mmseg's ``BaseSegDataset``.
    """

    where_to_get = 'write it: python -m vpt_mm.datasets.real.stamp_scenes {root}'
    METAINFO = dict(
        classes=('background', *CLASSES),
        palette=[[40, 40, 40], [230, 25, 75], [70, 240, 240], [0, 130, 200], [240, 50, 230], [255, 225, 25],
                 [60, 180, 75], [170, 110, 40], [145, 30, 180], [245, 130, 48], [255, 255, 255], [250, 190, 212]])

    def __init__(self, *, split: str, **scenes: Any) -> None:
        super().__init__(data_prefix=dict(img_path=f'images/{split}', seg_map_path=f'annotations/{split}'), **scenes)
