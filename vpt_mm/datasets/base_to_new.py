"""BaseToNew: one half of a dataset's classes to learn, the other to be asked for."""
import numpy as np
from mmengine.registry import DATASETS

from ..errors import UsageError
from .labels import labels_of
from .part import Part


@DATASETS.register_module()
class BaseToNew(Part):
    """The images of one half of the classes, labelled from 0 (Zhou et al. 2022, CVPR, section 4.1).

    Of n classes in the order of their labels, the first ceil(n / 2) are the base, and the rest are new.

    Args:
        dataset: config of a classification dataset, or the dataset.
        part: 'base', 'new', or 'all', which changes nothing.

    Raises:
        UsageError: another part, a dataset without labels or with one class alone, or a part without images.
    """

    PARTS = ('base', 'new', 'all')

    def __init__(self, dataset, *, part):
        if part not in self.PARTS:
            raise UsageError(f"part must be one of {', '.join(self.PARTS)}, got {part!r}.")
        dataset = DATASETS.build(dataset) if isinstance(dataset, dict) else dataset
        labels = labels_of(dataset)
        self.classes = (getattr(dataset, 'metainfo', None) or {}).get('classes')
        count = len(self.classes) if self.classes else int(labels.max(initial=-1)) + 1
        if count < 2:
            raise UsageError(f'classes are parted into base and new, and {type(dataset).__name__} has {count}.')
        half = -(-count // 2)
        self.first, end = dict(base=(0, half), new=(half, count), all=(0, count))[part]
        self.classes = self.classes and tuple(self.classes[self.first:end])
        super().__init__(dataset, np.flatnonzero((labels >= self.first) & (labels < end)).tolist())
        if not len(self):
            raise UsageError(f'there is no image of the {part} classes, {self.first}..{end - 1}.')

    @property
    def metainfo(self):
        return dict(super().metainfo, **(dict(classes=self.classes) if self.classes else {}))

    def __getitem__(self, index):
        item = super().__getitem__(index)
        if 'data_samples' not in item:
            return dict(item, gt_label=item['gt_label'] - self.first)
        sample = item['data_samples'].clone()
        return dict(item, data_samples=sample.set_gt_label(sample.gt_label - self.first))

    def get_data_info(self, index):
        info = super().get_data_info(index)
        return dict(info, gt_label=info['gt_label'] - self.first)
