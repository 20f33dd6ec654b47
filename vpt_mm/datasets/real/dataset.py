"""RealTask: one of the real tasks as a dataset of mmpretrain."""
import logging
from typing import Any

import numpy as np
from mmengine.logging import print_log
from mmengine.registry import DATASETS

from ..offline.drawn import DrawnImages
from .table import find_real, load_real


@DATASETS.register_module()
class RealTask(DrawnImages):
    """A task of a few hundred real images, in memory and without files; pipelines begin without loading.

    Another number of images than the known version has is told in the log.

    Args:
        task: a name in ``table.REAL_TASKS``.
        split: 'train', 'val', 'trainval' or 'test'.
        root: folder of data, which is looked at before the places of the system's packages.
        seed: of the draw of the images.
        fraction: share of the images that is used, of every class and at least one.
        dataset: ``pipeline`` and other arguments of mmpretrain's ``BaseDataset``.

    Raises:
        UsageError: an unknown task or split, a seed below 0, a fraction outside (0, 1], or data that are not there.
    """

    def __init__(self, *, task: str, split: str, root: str = 'data', seed: int = 0, fraction: float = 1.,
                 serialize_data: bool = False, **dataset: Any) -> None:
        self.images, self.labels = load_real(task, split, root=root, seed=seed, fraction=fraction)
        known = find_real(task).images[split]
        if fraction == 1 and len(self.labels) != known:
            print_log(f'{split} of {task} has {len(self.labels)} images, and {known} in the version that is known: '
                      'results on one say little of the other.', logger='current', level=logging.WARNING)
        super().__init__(ann_file='', metainfo=dict(classes=find_real(task).classes), serialize_data=serialize_data,
                         **dataset)

    def load_data_list(self) -> list[dict]:
        return [dict(gt_label=int(label)) for label in self.labels]

    def draw(self, number: int) -> tuple[np.ndarray, dict]:
        return self.images[number], {}
