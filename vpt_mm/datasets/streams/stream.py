"""TaskStream: the images of a dataset as tasks that come one after another."""
import hashlib

import numpy as np

from ...errors import UsageError, some
from ..labels import labels_of
from ..part import Part


class TaskStream:
    """Which images belong to which task; subclasses say how, and are chosen by ``stream`` of ``ContinualLoop``.

    Attributes:
        parts: a :class:`~vpt_mm.datasets.part.Part` of the training set for each task.
        labels: of each task, a list of tuples: the classes that may have a score in the loss of its training.
        common: whether all tasks have the same test images.

    Args:
        dataset: the training set.
        indices: of the images of each task.
        labels: of each task.
    """

    common = False

    def __init__(self, dataset, indices, labels):
        self.labels = [tuple(own) for own in labels]
        self.parts = [Part(dataset, own) for own in indices]

    def __len__(self):
        return len(self.labels)

    def tests(self, dataset):
        """The test images of each task, a list; of one :class:`~vpt_mm.datasets.part.Part`, where they share it."""
        raise NotImplementedError

    def describe(self):
        """What tells streams apart: kind, labels of the tasks, and a sum over the numbers of the images of each."""
        sums = [hashlib.sha256(np.array(part.indices, '<i8').tobytes()).hexdigest()[:16] for part in self.parts]
        return [type(self).__name__, list(map(list, self.labels)), sums]


def known_labels(dataset, classes):
    """Labels (N,) of a dataset.

    Raises:
        UsageError: it does not give them, or has others than 0 to classes - 1.
    """
    labels = labels_of(dataset)
    strange = sorted({*labels.tolist()} - {*range(classes)})
    if strange:
        raise UsageError(f'a stream of {classes} classes has labels 0..{classes - 1}, and the dataset has '
                         f'{some(strange)}: set num_classes of the head to the number of its classes.')
    return labels
