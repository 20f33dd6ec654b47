"""Images, tags and masks that a list names: what `vpt-mm data` writes, in OpenMMLab's JSON for datasets."""
import os

import numpy as np
from mmengine.registry import DATASETS
from mmpretrain.datasets import BaseDataset
from mmseg.datasets import BaseSegDataset

from ..errors import UsageError
from .benchmarks.lists import leads_out
from .formats import pillow_reads
from .reading import SCENE_PIXELS

WHERE_TO_GET = 'write the list anew: vpt-mm data FOLDER'


@DATASETS.register_module()
class ListedImages(BaseDataset):
    """Images of one class each: ``{"metainfo": {"classes": [...]}, "data_list": [{"img_path": ..., "gt_label": 0}]}``.

    Args:
        ann_file: the list.
        data_root: folder below which its images lie.
        folders: other arguments of mmpretrain's ``BaseDataset``.

    Raises:
        UsageError: an image that doesn't lie below the folder.
    """

    where_to_get = WHERE_TO_GET

    def __init__(self, ann_file, *, data_root, **folders):
        super().__init__(os.path.abspath(ann_file), data_root=data_root, **folders)

    def parse_data_info(self, raw_data_info):
        return dict(super().parse_data_info(_below(raw_data_info, 'img_path', self.ann_file)))


@DATASETS.register_module()
class TaggedImages(ListedImages):
    """As :class:`ListedImages`, for images of several classes or none: ``gt_label`` is a list of numbers.

    Samples have ``gt_score``, (C,) of 0 and 1, which mmpretrain's heads and metrics for several labels take.
    """

    def parse_data_info(self, raw_data_info):
        entry = super().parse_data_info(raw_data_info)
        scores, labels = np.zeros(len(self._metainfo['classes']), np.float32), entry.pop('gt_label')
        if any(not 0 <= label < len(scores) for label in labels):
            raise UsageError(f'{self.ann_file}: labels must be 0..{len(scores) - 1}, got {labels} for '
                             f'{entry["img_path"]}.')
        scores[labels] = 1
        return dict(entry, gt_score=scores)


@DATASETS.register_module()
class ListedMasks(BaseSegDataset):
    """Images and masks: ``{"metainfo": {}, "data_list": [{"img_path": ..., "seg_map_path": ...}]}``.

    Args:
        ann_file: the list.
        data_root: folder below which its images lie.
        mask_root: folder below which the masks lie; that of the images by default.
        numbers: pairs [number in the masks, number of the class], 255 for ignored; others stay as they are.
        most_pixels: of an image or mask.
        folders: other arguments of mmseg's ``BaseSegDataset``, such as ``metainfo``.

    Raises:
        UsageError: an image or mask that doesn't lie below its folder.
    """

    where_to_get = WHERE_TO_GET

    def __init__(self, ann_file, *, data_root, mask_root=None, numbers=(), most_pixels=SCENE_PIXELS, **folders):
        self.mask_root, self.numbers, self.most_pixels = mask_root or data_root, dict(numbers), most_pixels
        super().__init__(os.path.abspath(ann_file), data_root=data_root, data_prefix={}, **folders)

    def load_data_list(self):
        return super(BaseSegDataset, self).load_data_list()

    def parse_data_info(self, raw_data_info):
        image, mask = (_below(raw_data_info, key, self.ann_file)[key] for key in ('img_path', 'seg_map_path'))
        return dict(img_path=os.path.join(self.data_root, image), seg_map_path=os.path.join(self.mask_root, mask),
                    label_map=self.numbers or None, reduce_zero_label=self.reduce_zero_label, seg_fields=[])

    def prepare_data(self, idx):
        with pillow_reads(self.most_pixels):
            return super().prepare_data(idx)


def _below(entry, key, file):
    """An entry of a list, whose path must lie below its folder."""
    if leads_out(entry[key]):
        raise UsageError(f'{file}: a list names images below its folder, got {entry[key]!r}.')
    return entry
