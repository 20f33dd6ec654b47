"""predict_together(): images of many tasks, gathered into as few passes of the backbone as can be."""
import numpy as np
import torch

from ...errors import UsageError
from ..ensemble import average
from .nested import batch_of

TOO_SMALL = "Kernel size can't be greater than actual input size"  # as torch's convolutions say


class Job:
    """An image under one task, on its way.

    Attributes:
        crops: what the task's model passes to its backbone, (1, 3, h, w) each.
        features: of each crop.
        sample: the data sample, with the prediction in the end.
    """

    def __init__(self, task, array):
        self.task = task
        self.inputs, self.sample = task.prepare(array)
        self.crops = task.crops(self.inputs)
        self.features = [None] * len(self.crops)


def predict_together(shared, arrays, tasks, *, batch_size):
    """Data samples of decoded images, each under its own task.

    Args:
        shared: the :class:`SharedBackbone`.
        arrays: images (H, W, 3), BGR uint8.
        tasks: a task or ensemble for each.
        batch_size: most images, or windows of them, of a pass.

    Raises:
        UsageError: one image is too large for the memory, or too small for the backbone or the task's pipeline, or its
            scores are not finite.
    """
    jobs = [prepare(array, task) for array, task in zip(arrays, tasks)]
    return predict_prepared(shared, jobs, tasks, batch_size=batch_size)


@torch.no_grad()
def prepare(array: np.ndarray, task) -> list[Job]:
    """The jobs of an image, (H, W, 3) BGR uint8: one for each member of its task."""
    return [Job(member, array) for member in task.members]


@torch.no_grad()
def predict_prepared(shared, jobs, tasks, *, batch_size):
    """Data samples of images that :func:`prepare` made jobs of; otherwise as :func:`predict_together`."""
    flat = [job for several in jobs for job in several]
    run_backbone(shared, [(job, index) for job in flat for index in range(len(job.crops))], batch_size)
    for same in _by(flat, _same_heads):
        features = [batch_of(crops) for crops in zip(*(job.features for job in same))]
        samples = same[0].task.finish(torch.cat([job.inputs for job in same]), [job.sample for job in same], features)
        for job, sample in zip(same, samples):
            _require_finite(sample, job.task)
            job.sample = sample
    return [average([job.sample for job in several], task) for several, task in zip(jobs, tasks)]


def run_backbone(shared, places, batch_size):
    """Fill in the features of (job, index of the crop): those of one size, and of tasks that mix, together."""

    def company(place):
        job, index = place
        if not job.task.mixes:
            return job.task, job.crops[index].shape
        return None if shared.ragged else shared.projected(job.task).signature, job.crops[index].shape

    for same in _by(places, company):
        for start in range(0, len(same), batch_size):
            _run_split(shared, same[start:start + batch_size])


def _run_split(shared, places):
    """One pass, or two with half of the images each where the memory does not hold all."""
    tasks = [job.task for job, _ in places]
    try:
        images = torch.cat([job.crops[index] for job, index in places])
        made = shared.run(images, tasks) if tasks[0].mixes else tasks[0].run_alone(images)
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        if TOO_SMALL in str(error):  # all of them: a pass has one size
            raise UsageError(f'an image of {_size(places[0])} pixels, as {tasks[0].name} hands it to the backbone, is '
                             f'too small for {type(shared.model).__name__}: make it larger.') from None
        if not is_out_of_memory(error):
            raise
        made = images = None  # what was made so far is freed before the next try
    if made is not None:
        for (job, index), features in zip(places, made):
            job.features[index] = features
        return
    if len(places) == 1:
        raise UsageError(f'an image of {_size(places[0])} pixels is too large for the memory of {shared.device}: make '
                         'it smaller.')
    half = len(places) // 2
    _run_split(shared, places[:half])
    _run_split(shared, places[half:])


def _same_heads(job):
    """Classifiers' images share a call of the heads; a segmentor's call is for one image's shapes."""
    return (job.task, job.inputs.shape[1:]) if job.task.kind == 'classification' else job


def _by(items, key):
    """Lists of the items with equal keys, in the order of their first ones."""
    groups = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups.values()


def _require_finite(sample, task):
    scores = sample.pred_score if 'pred_score' in sample else sample.seg_logits.data
    if not torch.isfinite(scores).all():
        raise UsageError(f'{task.name} gives NaN or infinite scores with a backbone in '
                         f'{task.shared.frozen_dtype or "float32"}: take another frozen_dtype, or sound weights.')


def _size(place):
    job, index = place
    height, width = job.crops[index].shape[2:]
    return f'{width}x{height}'


def is_out_of_memory(error):
    return isinstance(error, (torch.OutOfMemoryError, MemoryError)) or "can't allocate memory" in str(error)
