"""ClassStream: each task has classes of its own."""
import numpy as np
from mmengine.registry import TASK_UTILS

from ...errors import UsageError, require_counts, some
from ..part import Part
from .stream import TaskStream, known_labels


@TASK_UTILS.register_module()
class ClassStream(TaskStream):
    """Class-incremental learning: each class belongs to one task, and none to nobody.

    While training, the class mask of ``ContinualLoop`` leaves the classes of the task; in tests all are open, and
    the task is unknown. A column of the matrix is the accuracy on the classes of a task.

    Attributes:
        own: the labels of each task, a list of tuples.

    Args:
        dataset: the training set.
        classes: number of its classes.
        tasks: number of tasks, which share the classes equally; or the labels of each task, a list of lists.
        seed: shuffles the classes before they are shared; by default they stay in their order.

    Raises:
        UsageError: tasks that share a class, leave one out or have no image, a label that is none, a number of tasks
            that does not divide the classes, a seed beside lists, or a dataset that does not give its labels.
    """

    def __init__(self, dataset, *, classes, tasks, seed=None):
        self.classes = classes
        self.own = share_classes(classes, tasks=tasks, seed=seed)
        super().__init__(dataset, self._find(dataset), self.own)

    def tests(self, dataset):
        """The images of the classes of each task."""
        return [Part(dataset, own) for own in self._find(dataset)]

    def _find(self, dataset):
        known = known_labels(dataset, self.classes)
        return [images_of(known, own, task) for task, own in enumerate(self.own)]


def images_of(known, labels, task):
    """The indices of the images of these labels among all (N,).

    Raises:
        UsageError: there is none; ``task`` is its number.
    """
    found = np.flatnonzero(np.isin(known, labels))
    if not len(found):
        raise UsageError(f'each task needs an image, and there is none of the classes {list(labels)} of task {task}.')
    return found


def share_classes(classes, *, tasks, seed=None):
    """The labels of each task, a list of tuples; arguments and errors as of :class:`ClassStream`."""
    require_counts(classes=classes)
    if not isinstance(tasks, (list, tuple)):
        return _shared(classes, tasks, seed)
    if seed is not None:
        raise UsageError(f'the labels of each task are given, so that there is nothing to shuffle: leave out '
                         f'seed={seed} or give the number of tasks.')
    return _checked(tasks, classes)


def _shared(classes, tasks, seed):
    require_counts(tasks=tasks)
    if classes % tasks:
        raise UsageError(f'tasks that share classes equally must divide them: {classes} classes are not a multiple of '
                         f'{tasks} tasks. Give the labels of each task in their place.')
    order = range(classes) if seed is None else np.random.RandomState(seed).permutation(classes).tolist()
    each = classes // tasks
    return [tuple(order[task * each:(task + 1) * each]) for task in range(tasks)]


def _checked(tasks, classes):
    if not tasks or not all(isinstance(task, (list, tuple)) and task for task in tasks):
        raise UsageError(f'tasks must be a number, or a list with the labels of each task, got {tasks!r}.')
    named = [label for task in tasks for label in task]
    strange = [label for label in named if isinstance(label, bool) or not isinstance(label, int)
               or not 0 <= label < classes]
    if strange:
        raise UsageError(f'labels of tasks are whole numbers 0..{classes - 1}, got {some(map(repr, strange))}.')
    twice = sorted({label for label in named if named.count(label) > 1})
    absent = sorted({*range(classes)} - {*named})
    if twice or absent:
        raise UsageError('each class belongs to one task: '
                         + ' and '.join([*([f'{some(twice)} to several'] if twice else []),
                                         *([f'{some(absent)} to none'] if absent else [])]) + '.')
    return [tuple(task) for task in tasks]
