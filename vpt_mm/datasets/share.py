"""share_by_class(): a part of a classification set that keeps every class."""
import numpy as np

from ..errors import UsageError


def share_by_class(labels, fraction, *, order=None):
    """Indices, ascending, of a share of the images of every class, one of each at least.

    Args:
        labels: of the images, (N,).
        fraction: share of each class.
        order: indices in the order in which images are taken; as they come by default.

    Raises:
        UsageError: a fraction outside (0, 1].
    """
    if not 0 < fraction <= 1:
        raise UsageError(f'fraction must be above 0 and at most 1, got {fraction}.')
    labels = np.asarray(labels)
    order = np.arange(len(labels)) if order is None else order
    by_class = (order[labels[order] == label] for label in np.unique(labels))
    return np.sort(np.concatenate([indices[:max(1, round(fraction * len(indices)))] for indices in by_class]))
