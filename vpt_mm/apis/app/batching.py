"""Batcher: gathers what many callers ask, of any tasks, into common passes of the backbone."""
import queue
import threading
import time
from concurrent.futures import Future

from ...errors import UsageError, require_counts


class QueueFull(UsageError):
    """Too many requests wait already: come back later."""


class Batcher:
    """A bounded queue in front of a :class:`TaskInferencer`, and one thread that empties it in batches.

    Args:
        inferencer: whose tasks are asked.
        batch_size: most images in a batch.
        wait: seconds that the first image of a batch waits for others.
        most_waiting: requests that may wait; further ones are refused.
        most_bytes: that their images may take together.

    Raises:
        UsageError: a number of images or requests below 1.
    """

    def __init__(self, inferencer, *, batch_size=16, wait=0.003, most_waiting=256, most_bytes=2 ** 30):
        require_counts(batch_size=batch_size, most_waiting=most_waiting)
        self.inferencer, self.batch_size, self.wait = inferencer, batch_size, wait
        self.waiting, self.most_bytes = queue.Queue(most_waiting), most_bytes
        self.closed = threading.Event()
        self.worker = threading.Thread(target=self._work, name='vpt_mm batches', daemon=True)
        self.worker.start()

    def submit(self, array, name):
        """A Future of (task, data sample) for one image, (H, W, 3) BGR uint8.

        Raises:
            QueueFull: ``most_waiting`` requests wait, or their images take ``most_bytes``.
            UsageError: no such task, or the batcher is closed.
        """
        task, future = self.inferencer.find(name), Future()
        if self.closed.is_set():
            raise UsageError('no requests are taken any more: the server is shutting down.')
        with self.waiting.mutex:
            held = sum(one[0].nbytes for one in self.waiting.queue)
        if held and held + array.nbytes > self.most_bytes:
            raise QueueFull(f'{held / 1e6:.0f} MB of images are waiting already: try again later.')
        try:
            self.waiting.put_nowait((array, task, future))
        except queue.Full:
            raise QueueFull(f'{self.waiting.maxsize} requests are waiting already: try again later.') from None
        return future

    def close(self):
        """Take no more requests; those that wait are answered."""
        self.closed.set()
        self.worker.join()

    def _work(self):
        while not (self.closed.is_set() and self.waiting.empty()):
            batch = self._gather()
            if batch:
                self._answer(batch)

    def _gather(self):
        try:
            batch = [self.waiting.get(timeout=0.1)]
        except queue.Empty:
            return []
        until = time.monotonic() + self.wait
        while len(batch) < self.batch_size:
            try:
                batch.append(self.waiting.get(timeout=max(until - time.monotonic(), 0)))
            except queue.Empty:
                break
        return [request for request in batch if request[2].set_running_or_notify_cancel()]

    def _answer(self, batch):
        """All in one go; one by one where that fails, so that each gets its own error."""
        if not batch:
            return
        try:
            samples = self.inferencer.predict([array for array, _, _ in batch], [task for _, task, _ in batch],
                                              batch_size=self.batch_size)
        except Exception as error:  # whatever it is belongs to those who wait for it
            if len(batch) == 1:
                batch[0][2].set_exception(error)
                return
            for request in batch:
                self._answer([request])
            return
        for (_, task, future), sample in zip(batch, samples):
            future.set_result((task, sample))
