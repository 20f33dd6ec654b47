"""JoinedStream: each joined dataset is a task."""
from mmengine.registry import TASK_UTILS

from ...errors import UsageError
from ..joined_classes import JoinedClasses
from .by_class import ClassStream


@TASK_UTILS.register_module()
class JoinedStream(ClassStream):
    """Class-incremental learning of whole datasets, such as 5-datasets: each of a ``JoinedClasses`` is a task.

    Args:
        dataset: the training set.
        classes: number of its classes.

    Raises:
        UsageError: a dataset of another kind, or with another number of classes.
    """

    def __init__(self, dataset, *, classes):
        if not isinstance(dataset, JoinedClasses):
            raise UsageError('JoinedStream has a task for each dataset of JoinedClasses, got a '
                             f"{type(dataset).__name__}: set type='JoinedClasses' in the loaders.")
        joined = len(dataset.metainfo['classes'])
        if joined != classes:
            raise UsageError(f'the datasets have {joined} classes in all, and the head has {classes}: set its '
                             f'num_classes={joined}.')
        super().__init__(dataset, classes=classes, tasks=dataset.labels)
