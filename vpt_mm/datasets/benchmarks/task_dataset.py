"""TaskDataset: a benchmark's task, read from list files."""
from pathlib import Path

import numpy as np
from mmengine.registry import DATASETS
from mmpretrain.datasets import BaseDataset

from ...errors import UsageError
from ..share import share_by_class
from .lists import read_split
from .tasks import find_task

IMAGE_FOLDERS = ('', 'images', 'Images', 'jpg')  # below the task's, where the lists' paths may start


@DATASETS.register_module()
class TaskDataset(BaseDataset):
    """One split of a task of :data:`~vpt_mm.datasets.benchmarks.tasks.TASKS`, for mmpretrain.

    Args:
        task: its name.
        split: name of a list file.
        root: folder that holds the task's folder.
        fraction: share of the images that is used, drawn class by class; every class keeps one.
        fraction_seed: of that draw.
        cache: keep the images as the pipeline made them, which pays where it has no chance in it and they fit in
            memory.
        dataset: ``pipeline`` and other arguments of mmpretrain's ``BaseDataset``.

    Raises:
        UsageError: an unknown task or split, a broken list file, a missing image, a fraction outside (0, 1].
    """

    def __init__(self, *, task, split, root='data', fraction=1., fraction_seed=0, cache=False, serialize_data=False,
                 **dataset):
        self.task, self.split = find_task(task), split
        if self.task.splits is None:
            raise UsageError(f'{task} is not made of list files: use its own dataset class.')
        self.fraction, self.fraction_seed = fraction, fraction_seed
        self.cached = {} if cache else None
        super().__init__(ann_file='', metainfo=dict(classes=tuple(map(str, range(self.task.classes)))),
                         data_root=str(Path(root, self.task.folder)), serialize_data=serialize_data, **dataset)

    def load_data_list(self):
        entries = read_split(self.data_root, self.split, task=self.task)
        paths = require_images(self.data_root, [path for path, _ in entries], split=self.split)
        images = [dict(img_path=path, gt_label=label) for path, (_, label) in zip(paths, entries)]
        order = np.random.default_rng(self.fraction_seed).permutation(len(images))
        kept = share_by_class([image['gt_label'] for image in images], self.fraction, order=order)
        return [images[index] for index in kept]

    def prepare_data(self, idx):
        if self.cached is None:
            return super().prepare_data(idx)
        if idx not in self.cached:
            self.cached[idx] = super().prepare_data(idx)
        made = self.cached[idx]
        return {**made, 'data_samples': made['data_samples'].clone()}  # predictions are written into it


def require_images(folder, paths, *, split):
    """The full paths of images, all of which are there.

    Raises:
        UsageError: one is not.
    """
    full = full_paths(folder, paths)
    missing = [path for path in full if not Path(path).is_file()]
    if missing:
        raise UsageError(f'{len(missing)} of the {len(full)} images that {split} of {folder} lists are missing: '
                         f'{missing[0]}. Unpack them there; vpt-mm check-data says what is complete.')
    return full


def full_paths(folder, paths):
    """The paths in the folder, or in the one below it that the lists mean: the first image decides."""
    start = next((start for start in IMAGE_FOLDERS if Path(folder, start, paths[0]).is_file()), '')
    return [str(Path(folder, start, path)) for path in paths]
