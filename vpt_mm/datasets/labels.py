"""labels_of(): the label of each image of a classification dataset."""
import numpy as np
import torch

from ..errors import UsageError


def labels_of(dataset):
    """Labels (N,) of a dataset of OpenMMLab's, without reading an image.

    Raises:
        UsageError: it does not give them, or has several for an image.
    """
    try:
        found = [dataset.get_data_info(index)['gt_label'] for index in range(len(dataset))]
        labels = np.array([int(label) if torch.is_tensor(label) else label for label in found], dtype=np.int64)
        if labels.ndim > 1:
            raise ValueError('lists of labels')
        return labels
    except (AttributeError, KeyError, TypeError, ValueError):
        raise UsageError('images are chosen by their class, which get_data_info() of a dataset of OpenMMLab '
                         f'tells as gt_label, a number; {type(dataset).__name__} has none.') from None
