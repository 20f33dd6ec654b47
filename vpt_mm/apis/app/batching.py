"""Batcher: gathers what many callers ask, of any tasks, into common passes of the backbone."""
import queue
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any, NamedTuple

import numpy as np

from ...errors import UsageError, require_counts
from ..shared.passes import predict_prepared
from .costs import MOST_VALUES, Meter


class QueueFull(UsageError):
    """Too much waits already: come back later."""


class Request(NamedTuple):
    array: np.ndarray
    task: Any
    future: Future
    asked: float  # when, by the monotonic clock


class Batcher:
    """A bounded queue in front of a :class:`TaskInferencer`, and one thread that empties it in batches.

    Args:
        inferencer: whose tasks are asked.
        batch_size: most images in a batch.
        wait: seconds that the first image of a batch waits for others.
        most_waiting: requests that may wait; further ones are refused.
        most_bytes: that their images may take together.
        most_seconds: that an image may keep the backbone busy (:class:`~vpt_mm.apis.app.costs.Meter`).
        patience: seconds after which a request that still waits is refused.

    Raises:
        UsageError: a number of images or requests below 1.
    """

    def __init__(self, inferencer, *, batch_size: int = 16, wait: float = 0.003, most_waiting: int = 256,
                 most_bytes: int = 2 ** 30, most_seconds: float = 10, patience: float = 60):
        require_counts(batch_size=batch_size, most_waiting=most_waiting)
        self.inferencer, self.batch_size, self.wait, self.patience = inferencer, batch_size, wait, patience
        self.waiting, self.most_bytes, self.entering = queue.Queue(most_waiting), most_bytes, threading.Lock()
        self.meter = Meter(inferencer, most_seconds=most_seconds)
        self.closed = threading.Event()
        self.worker = threading.Thread(target=self._work, name='vpt_mm batches', daemon=True)
        self.worker.start()

    def submit(self, array: np.ndarray, name: str, classes: Sequence[str] = ()) -> Future:
        """A Future of (task, data sample) for one image, (H, W, 3) BGR uint8; the sample has no logits.

        Args:
            array: the image.
            name: of the task.
            classes: names to tell apart in place of the task's own.

        Raises:
            QueueFull: ``most_waiting`` requests wait, or their images take ``most_bytes``, or the batcher is closed.
            UsageError: no such task, or one that knows its own classes alone.
        """
        task, future = self.inferencer.find(name), Future()
        task = task.named(classes) if classes else task
        if self.closed.is_set():
            raise QueueFull('no requests are taken any more: the server is shutting down.')
        with self.entering:
            with self.waiting.mutex:
                held = sum(one.array.nbytes for one in self.waiting.queue)
            if held and held + array.nbytes > self.most_bytes:
                raise QueueFull(f'{held / 1e6:.0f} MB of images are waiting already: try again later.')
            try:
                self.waiting.put_nowait(Request(array, task, future, time.monotonic()))
            except queue.Full:
                raise QueueFull(f'{self.waiting.maxsize} requests are waiting already: try again later.') from None
        return future

    def close(self) -> None:
        """Take no more requests; those that wait are answered."""
        self.closed.set()
        self.worker.join()

    def _work(self):
        while not (self.closed.is_set() and self.waiting.empty()):
            self._answer(self._gather())

    def _gather(self):
        """[(request, its jobs)]: as many as there are, fit into a batch, and are not refused."""
        batch, held = [], 0
        for request in self._arrivals():
            try:
                if time.monotonic() - request.asked > self.patience:
                    raise QueueFull(f'the server is busy: this image waited for {self.patience:g} s. Try again later.')
                jobs, values = self.meter.prepare(request.array, request.task)
            except Exception as error:  # whatever it is belongs to the one who waits for it
                request.future.set_exception(error)
                continue
            batch.append((request, jobs))
            held += values
            if len(batch) == self.batch_size or held > MOST_VALUES:
                break
        return batch

    def _arrivals(self):
        """Requests that still wait: the first as soon as there is one, others until ``wait`` seconds later."""
        until = time.monotonic() + 0.1
        first = True
        while True:
            try:
                request = self.waiting.get(timeout=max(until - time.monotonic(), 0))
            except queue.Empty:
                return
            if first:
                until, first = time.monotonic() + self.wait, False
            if request.future.set_running_or_notify_cancel():
                yield request

    def _answer(self, batch):
        """All in one go; one by one where that fails, so that each gets its own error."""
        if not batch:
            return
        requests, jobs = zip(*batch)
        try:
            samples = predict_prepared(self.inferencer.shared, jobs, [request.task for request in requests],
                                       batch_size=self.batch_size)
        except Exception as error:
            if len(batch) == 1:
                requests[0].future.set_exception(error)
                return
            for one in batch:
                self._answer([one])
            return
        for request, sample in zip(requests, samples):
            if 'seg_logits' in sample:
                del sample.seg_logits  # a float for each class and pixel, while the answer waits for its reader
            request.future.set_result((request.task, sample))
