"""SVHN: street view house numbers, cropped."""
import numpy as np
from mmengine.registry import DATASETS

from ..errors import UsageError, telling
from .arrays import ArrayDataset


@DATASETS.register_module()
class SVHN(ArrayDataset):
    """Cropped digits of SVHN (Netzer et al. 2011), 32x32, from its MATLAB files; the digit 0 is label 0.

    Args:
        split: 'train' or 'test'.
        dataset: ``data_root``, the folder with train_32x32.mat and test_32x32.mat, ``pipeline`` and other arguments of
            mmpretrain's ``BaseDataset``.

    Raises:
        UsageError: another split, or files that are missing or no such arrays.
    """

    METAINFO = dict(classes=tuple('0123456789'))
    where_to_get = ('get train_32x32.mat and test_32x32.mat from http://ufldl.stanford.edu/housenumbers, and set '
                    'data_root to their folder')

    def read(self):
        from scipy.io import loadmat
        path = self.find(f'{self.split}_32x32.mat')
        with telling(f'{path} cannot be read'):
            found = loadmat(path, variable_names=['X', 'y'])
        images, labels = np.asarray(found.get('X')), np.asarray(found.get('y'))
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[2] != 3 or labels.dtype.kind not in 'iu':
            raise UsageError(f'{path} must have images X (32, 32, 3, N) of bytes and labels y (N, 1), got X '
                             f'{images.shape} of {images.dtype} and y {labels.shape} of {labels.dtype}.')
        return images.transpose(3, 0, 1, 2), labels.ravel() % 10  # 10 is the digit 0
