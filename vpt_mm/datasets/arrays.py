"""ArrayDataset: images that lie in few files, as arrays."""
from pathlib import Path

from mmpretrain.datasets import BaseDataset

from ..errors import UsageError


class ArrayDataset(BaseDataset):
    """Images (H, W, 3), BGR uint8 as those of files are, and labels; pipelines begin without loading.

    Subclasses read them. What is in the files is data alone: nothing is unpickled.

    Args:
        split: 'train' or 'test'.
        dataset: ``data_root``, ``pipeline`` and other arguments of mmpretrain's ``BaseDataset``.

    Raises:
        UsageError: another split, a file that is not there, or one that is not what it should be.
    """

    where_to_get = ''

    def __init__(self, *, split, **dataset):
        if split not in ('train', 'test'):
            raise UsageError(f"split must be 'train' or 'test', got {split!r}.")
        self.split = split
        super().__init__(ann_file='', **dataset)

    def read(self):
        """Images (N, H, W, 3), RGB uint8, and labels (N,)."""
        raise NotImplementedError

    def load_data_list(self):
        images, labels = self.read()
        count = len(self.metainfo['classes'])
        if len(images) != len(labels) or not len(labels) or labels.min() < 0 or labels.max() >= count:
            raise UsageError(f'{self.data_root} must have images, and a label 0..{count - 1} for each, but has '
                             f'{len(images)} images and labels {sorted({*labels.tolist()})}.')
        return [dict(img=image, gt_label=int(label)) for image, label in zip(images[..., ::-1], labels)]

    def find(self, name):
        """The path of a file in the data's folder."""
        path = Path(self.data_root, name)
        if not path.is_file():
            raise UsageError(f'{path} is not there: {self.where_to_get}.')
        return path
