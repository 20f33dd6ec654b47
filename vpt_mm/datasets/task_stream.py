"""TaskStream: a classification dataset as tasks that come one after another, each with classes of its own."""
import numpy as np

from ..errors import UsageError, require_counts, some
from .part import Part, labels_of


class TaskStream:
    """Which classes belong to which task (class-incremental learning): each to one, and none to nobody.

    Args:
        classes: number of classes of the dataset.
        tasks: number of tasks, which share the classes equally; or the labels of each task, a list of lists.
        seed: shuffles the classes before they are shared; by default they stay in their order.

    Raises:
        UsageError: tasks that share a class or leave one out, a label that is none, a number of tasks that does not
            divide the classes, or a seed beside lists.
    """

    def __init__(self, classes, *, tasks, seed=None):
        require_counts(classes=classes)
        self.classes = classes
        if isinstance(tasks, (list, tuple)):
            if seed is not None:
                raise UsageError(f'the labels of each task are given, so that there is nothing to shuffle: leave out '
                                 f'seed={seed} or give the number of tasks.')
            self.tasks = _checked(tasks, classes)
        else:
            self.tasks = _shared(classes, tasks, seed)

    def __len__(self):
        return len(self.tasks)

    def __getitem__(self, task):
        """Labels of a task, a tuple."""
        return self.tasks[task]

    def split(self, dataset):
        """A :class:`~vpt_mm.datasets.part.Part` of a dataset for each task.

        Raises:
            UsageError: a dataset that does not tell its labels, with others than these classes, or without an image of
                one of the tasks.
        """
        labels = labels_of(dataset)
        strange = sorted({*labels.tolist()} - {*range(self.classes)})
        if strange:
            raise UsageError(f'a stream of {self.classes} classes has labels 0..{self.classes - 1}, and the dataset '
                             f'has {some(strange)}: set num_classes of the head to the number of its classes.')
        parts = [Part(dataset, np.flatnonzero(np.isin(labels, own)).tolist()) for own in self.tasks]
        empty = [number for number, part in enumerate(parts) if not len(part)]
        if empty:
            raise UsageError(f'each task needs an image, and there is none of the classes {list(self.tasks[empty[0]])} '
                             f'of task {empty[0]}.')
        return parts


def _shared(classes, tasks, seed):
    require_counts(tasks=tasks)
    if classes % tasks:
        raise UsageError(f'tasks that share classes equally must divide them: {classes} classes are no multiple of '
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
