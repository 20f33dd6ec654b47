"""DigitScenesDataset: reads a folder that `python -m vpt_mm.datasets.digits.scenes` wrote."""
from mmengine.registry import DATASETS
from mmseg.datasets import BaseSegDataset


@DATASETS.register_module()
class DigitScenesDataset(BaseSegDataset):
    """Digit scenes for mmseg: eleven classes, mask value 0 ignored as in ADE20K.

    Args:
        scenes: all arguments of mmseg's ``BaseSegDataset``.
    """

    where_to_get = ('write it: python -m vpt_mm.datasets.digits.scenes {root} --images 2000 --size 64 --digits 1 1 '
                    '--contrast 0.18')
    METAINFO = dict(
        classes=('background', 'zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'),
        palette=[[40, 40, 40], [230, 25, 75], [245, 130, 48], [255, 225, 25], [60, 180, 75], [70, 240, 240],
                 [0, 130, 200], [145, 30, 180], [240, 50, 230], [250, 190, 212], [255, 255, 255]])

    def __init__(self, *, img_suffix='.jpg', seg_map_suffix='.png', reduce_zero_label=True, **scenes):
        super().__init__(img_suffix=img_suffix, seg_map_suffix=seg_map_suffix,
                         reduce_zero_label=reduce_zero_label, **scenes)
