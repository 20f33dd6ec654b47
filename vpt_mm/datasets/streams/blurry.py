"""BlurryStream: each task has classes of its own, and some images of the others'."""
import numpy as np
from mmengine.registry import TASK_UTILS

from ...errors import UsageError
from .by_class import ClassStream
from .stream import TaskPart, known_labels


@TASK_UTILS.register_module()
class BlurryStream(ClassStream):
    """Class-incremental learning with blurry boundaries: of each class a share of the images comes with other tasks.

    As Blurry10 and Blurry30 of Bang et al. 2021 (Rainbow Memory), which are shares of 0.1 and 0.3: a task has most
    images of its own classes, and the shares that others give are spread evenly over the rest of the tasks. Each
    training image is in one task.

    While training, the class mask leaves those classes of which the task has an image, and ``next_task()`` is called
    where the classes change of which most images are. Tests are as of a :class:`ClassStream`: a column of the matrix is
    the accuracy on the classes of which most images were in that task. Others of them may have been seen before and
    come again, so that forgetting is less than it would be.

    Args:
        dataset: the training set.
        classes: number of its classes.
        tasks: number of tasks, or the labels that each has most of, as of :class:`ClassStream`.
        share: of a class's images that come with other tasks, above 0 and below 1.
        seed: shuffles the classes before they are shared; by default they stay in their order.
        blur_seed: draws which images come with which other task.

    Raises:
        UsageError: as of ClassStream, another share, or a single task.
    """

    def __init__(self, dataset, *, classes, tasks, share=0.1, seed=None, blur_seed=0):
        if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 < share < 1:
            raise UsageError(f'share must be above 0 and below 1, the part of the images that comes with other tasks, '
                             f'got {share!r}: a ClassStream has none.')
        super().__init__(dataset, classes=classes, tasks=tasks, seed=seed)
        if len(self) < 2:
            raise UsageError('images come with other tasks, and there is one task alone: set tasks to 2 or more.')
        known = known_labels(dataset, classes)
        homes = _blur(known, self.own, share, np.random.default_rng(blur_seed))
        self.parts = [TaskPart(dataset, np.flatnonzero(homes == task)) for task in range(len(self))]
        self.labels = [tuple(np.unique(known[part.indices]).tolist()) for part in self.parts]


def _blur(known, own, share, draw):
    """The task of each image (N,)."""
    homes = np.empty(len(known), dtype=np.int64)
    for task, label in ((task, label) for task, labels in enumerate(own) for label in labels):
        images = draw.permutation(np.flatnonzero(known == label))
        homes[images] = task
        guests = images[:min(round(share * len(images)), len(images) - 1)]
        others = draw.permutation([other for other in range(len(own)) if other != task])
        homes[guests] = others[np.arange(len(guests)) % len(others)]
    return homes
