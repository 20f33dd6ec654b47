"""OfflineTask: one of the offline tasks as a dataset of mmpretrain."""
from mmengine.registry import DATASETS

from .drawn import DrawnImages
from .table import find_drawn, load_split


@DATASETS.register_module()
class OfflineTask(DrawnImages):
    """A task of 1,000 training and 1,000 test images, drawn in memory once in a process.

    Args:
        task: a name in ``table.DRAWN_TASKS``.
        split: 'train800', 'val200', 'train800val200' or 'test'.
        seed: other seeds, other images.
        fraction: share of the images that is used, of every class and at least one.
        dataset: ``pipeline`` and other arguments of mmpretrain's ``BaseDataset``.

    Raises:
        UsageError: an unknown task or split, a seed below 0, or a fraction outside (0, 1].
    """

    def __init__(self, *, task, split, seed=0, fraction=1., serialize_data=False, **dataset):
        self.images, self.labels = load_split(task, split, seed=seed, fraction=fraction)
        super().__init__(ann_file='', metainfo=dict(classes=find_drawn(task).classes), serialize_data=serialize_data,
                         **dataset)

    def load_data_list(self):
        return [dict(gt_label=int(label)) for label in self.labels]

    def draw(self, number):
        return self.images[number], {}
