"""CifarBinary: CIFAR-10 and CIFAR-100 from their binary version."""
import numpy as np
from mmengine.registry import DATASETS
from mmpretrain.datasets.categories import CIFAR10_CATEGORIES, CIFAR100_CATEGORIES

from ..errors import UsageError
from .arrays import ArrayDataset

PARTS = {10: dict(train=[f'data_batch_{number}.bin' for number in range(1, 6)], test=['test_batch.bin']),
         100: dict(train=['train.bin'], test=['test.bin'])}
RECORD = 32 * 32 * 3


@DATASETS.register_module()
class CifarBinary(ArrayDataset):
    """CIFAR-10 or CIFAR-100 (Krizhevsky 2009) from the binary version, which is bytes and nothing else.

    mmpretrain's ``CIFAR10`` and ``CIFAR100`` unpickle the Python version.

    Args:
        split: 'train' or 'test'.
        classes: 10 or 100, the fine labels of CIFAR-100.
        dataset: ``data_root``, the unpacked folder with the .bin files, ``pipeline`` and other arguments of
            mmpretrain's ``BaseDataset``.

    Raises:
        UsageError: other arguments, or files that are missing or no such records.
    """

    where_to_get = ('get the binary version from https://www.cs.toronto.edu/~kriz/cifar.html, unpack it, and set '
                    'data_root to the folder with its .bin files')

    def __init__(self, *, classes=100, **dataset):
        if classes not in PARTS:
            raise UsageError(f'CIFAR has 10 or 100 classes, got {classes!r}.')
        self.parts = PARTS[classes]
        super().__init__(metainfo=dict(classes=CIFAR10_CATEGORIES if classes == 10 else CIFAR100_CATEGORIES), **dataset)

    def read(self):
        before = 1 if len(self.metainfo['classes']) == 10 else 2  # the label; or the coarse one, and the label
        records = np.concatenate([_records(self.find(name), before + RECORD) for name in self.parts[self.split]])
        return records[:, before:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), records[:, before - 1]


def _records(path, size):
    """(N, size) bytes of a file."""
    content = np.fromfile(path, np.uint8)
    if not len(content) or len(content) % size:
        raise UsageError(f'{path} must be records of {size} bytes, and has {len(content)} bytes: it is cut short, or '
                         'of another version.')
    return content.reshape(-1, size)
