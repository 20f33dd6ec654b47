"""Part: some of the images of a classification dataset, and what labels its images have."""
import numpy as np
import torch
from torch.utils.data import Dataset

from ..errors import UsageError


class Part(Dataset):
    """Some of the images of a dataset; copies are itself, since nothing changes it.

    Args:
        dataset: of all images.
        indices: of the images, in order.
    """

    def __init__(self, dataset, indices):
        self.dataset, self.indices = dataset, indices

    def __deepcopy__(self, memo):
        return self

    @property
    def metainfo(self):
        return getattr(self.dataset, 'metainfo', {})

    def __len__(self):
        return len(self.indices)

    def __getitem__(self, index):
        return self.dataset[self.indices[index]]

    def get_data_info(self, index):
        """What is known of an image without reading it."""
        return self.dataset.get_data_info(self.indices[index])


def labels_of(dataset):
    """Labels (N,) of a dataset of OpenMMLab's, without reading an image.

    Raises:
        UsageError: it does not tell them, or has several for an image.
    """
    try:
        found = [dataset.get_data_info(index)['gt_label'] for index in range(len(dataset))]
        return np.array([int(label) if torch.is_tensor(label) else label for label in found], dtype=np.int64)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise UsageError('images are chosen by their class, which get_data_info() of a dataset of OpenMMLab '
                         f'tells as gt_label, a number; {type(dataset).__name__} has none.') from None
