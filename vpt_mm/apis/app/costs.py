"""Meter: how long an image will keep the backbone busy, estimated beforehand."""
import math
import time
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch.nn import functional as F

from ...errors import UsageError
from ...models.class_texts import texts_in
from ...models.tunable import PLAIN
from ..shared.passes import Job, predict_prepared, prepare

MOST_RATIO = 50  # of an image's sides: tasks that resize by the shorter one would make a long one of any length
MOST_VALUES = 2 ** 29  # of one image's scores by class and pixel, which take 2 GB
TRIES = 3  # of a measurement; the fastest counts
FEW = 4  # texts by which the text tower is measured
MEASURABLE = 0.05  # seconds: shorter ones are more of overhead than of work


class Meter:
    """Refuses images that would hold up all others.

    What a task needs for an image of the backbone's own size, or a larger one where that takes next to no time, is
    measured when it is first asked; other images take as much longer as they have more work, and time for each score
    of each pixel. Names that a client gives are texts, whose time is counted as well. Used by one thread.

    Args:
        inferencer: a :class:`TaskInferencer`.
        most_seconds: that an image may keep the backbone busy.
    """

    def __init__(self, inferencer, *, most_seconds: float):
        self.shared, self.most_seconds = inferencer.shared, most_seconds
        self.measured = WeakKeyDictionary()  # task: (seconds, work)
        self.seconds_per_token = WeakKeyDictionary()  # task: of texts of its classes
        self.seconds_per_value = _time(lambda: _spread(self.shared.device)) / 2 ** 20

    def prepare(self, array: np.ndarray, task) -> tuple[list[Job], int]:
        """The image's jobs (:func:`~vpt_mm.apis.shared.passes.prepare`), and how many values they hold.

        Raises:
            UsageError: it would take too long, or more memory than a server gives to one image.
        """
        height, width = array.shape[:2]
        if max(height, width) > MOST_RATIO * min(height, width):
            raise UsageError(f'the sides of an image may differ {MOST_RATIO} times, this one has {width}x{height} '
                             'pixels: cut it.')
        self._require_few(task)
        jobs = prepare(array, task)
        scores = sum(count_scores(job, height * width) for job in jobs)
        if scores > MOST_VALUES:
            raise UsageError(f'{width}x{height} pixels with a score for each of {len(task.classes)} classes are more '
                             'than the server has memory for: make the image smaller.')
        self._require_time(task, jobs, scores, f'{width}x{height}')
        return jobs, scores + sum(job.inputs.numel() for job in jobs)

    def _require_time(self, task, jobs, scores, size):
        own, work = self._measure(task)
        seconds = own * self._work(jobs) / work + scores * self.seconds_per_value
        most = max(self.most_seconds, 2 * own)  # an image of the backbone's own size is always taken
        if seconds > most:
            raise UsageError(f'an image of {size} pixels would keep {task.name} busy for about {seconds:,.0f} s, and '
                             f'{most:,.0f} s is the most that this server gives to one: make it smaller.')

    def _require_few(self, task):
        """Refuse other names than the task's own, whose texts would keep its text tower busy for too long."""
        texts = [texts_in(member.model) for member in task.members] if task.origin is not task else []
        due = sum(one.due for one in texts)
        seconds = due * self._measure_texts(task, texts[0]) if due else 0
        if seconds > self.most_seconds:
            raise UsageError(f'the texts of {len(task.classes)} classes would keep {task.name} busy for about '
                             f'{seconds:,.0f} s, and {self.most_seconds:,.0f} s is the most that this server gives to '
                             'one image: name fewer classes.')

    def _measure_texts(self, task, texts):
        if task.origin not in self.seconds_per_token:
            ids = texts.texts[0].ids[:FEW].to(self.shared.device)
            seconds = _time(torch.no_grad()(lambda: texts.text.walk(ids, PLAIN, {})[0].cpu()))
            self.seconds_per_token[task.origin] = seconds / ids.numel()
        return self.seconds_per_token[task.origin]

    def _measure(self, task):
        known = task.origin  # texts of other names are counted apart
        if known not in self.measured:
            seconds = work = 0
            for times in (1, 2, 4, 8, 16):
                blank = np.zeros((*(times * side for side in self.shared.model.host.image_size), 3), np.uint8)
                jobs, before = prepare(blank, task), work
                work = self._work(jobs)
                if work <= before:  # the task makes all images of one size
                    break
                seconds = _time(lambda jobs=jobs: predict_prepared(self.shared, [jobs], [task], batch_size=1))
                if seconds > MEASURABLE:
                    break
            self.measured[known] = seconds, work
        return self.measured[known]

    def _work(self, jobs):
        return sum(work(self.shared.model, *crop.shape[2:]) for job in jobs for crop in job.crops)


def work(model, height: int, width: int) -> float:
    """Multiplications of a pass for an image of this size, up to a factor.

    N tokens of width C cost N (12 C^2 + 2 N C) in each block where all of them attend to each other (Vaswani et al.
    2017), and proportionally to N in windows and convolutions.
    """
    host = model.host
    counts = host.block_tokens  # of an image of its own size; ConvNets have none
    share = height * width / math.prod(host.image_size)
    if len(set(counts)) != 1:
        return share
    tokens, width = counts[0] * share, host.block_widths[0]
    return tokens * (6 * width + tokens)


def count_scores(job: Job, pixels: int) -> int:
    """Values that a segmentor makes, one for each class and pixel; a classifier's are too few to count."""
    return len(job.task.classes) * max(pixels, job.inputs[0, 0].numel()) if job.task.kind == 'segmentation' else 0


def _spread(device):
    """What becomes of a million scores: made larger, checked, compared."""
    scores = F.interpolate(torch.zeros(1, 16, 64, 64, device=device), size=(256, 256), mode='bilinear')
    return bool(torch.isfinite(scores).all()), scores.argmax(dim=1).cpu()


def _time(call):
    """Seconds of the fastest of a few calls."""
    seconds = []
    for _ in range(TRIES):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return min(seconds)
