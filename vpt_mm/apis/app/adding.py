"""Adding: task files that clients send, one at a time."""
import threading

import anyio
from starlette.exceptions import HTTPException

from ...errors import UsageError


class Adding:
    """Tasks that clients send: one is read at a time, each within some seconds.

    Args:
        inferencer: a :class:`TaskInferencer`.
        most_tasks: that it may have.
        seconds: that reading one may take; what is read later is forgotten again.
    """

    def __init__(self, inferencer, *, most_tasks: int = 256, seconds: float = 20):
        self.inferencer, self.most_tasks, self.seconds = inferencer, most_tasks, seconds
        self.busy = threading.Lock()

    async def add(self, content: bytes, name: str):
        """The new task.

        Raises:
            UsageError: there are enough, or as :meth:`TaskInferencer.add` says.
            HTTPException: another one is being read, or this one takes too long.
        """
        if len(self.inferencer.tasks) >= self.most_tasks:
            raise UsageError(f'there are {self.most_tasks} tasks, which is the most that this server takes.')
        given_up = threading.Event()
        with anyio.move_on_after(self.seconds):
            return await anyio.to_thread.run_sync(self._read, content, name, given_up, abandon_on_cancel=True)
        given_up.set()
        raise HTTPException(503, f'reading this task takes more than {self.seconds:g} s, which is too long.')

    def _read(self, content, name, given_up):
        if not self.busy.acquire(blocking=False):
            raise HTTPException(503, 'another task is being added: try again later.')
        try:
            task = self.inferencer.add(content, name=name)
            if given_up.is_set():
                self.inferencer.remove(name)
            return task
        finally:
            self.busy.release()
