"""What tasks learn one after another: only the current task's part trains."""
from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ..errors import UsageError, require_counts
from ..mixin import Mixin


class TaskBank(nn.Module):
    """What tasks learn one after another, (T, ...): of all of it only the current task's trains.

    What is over can't move, whatever the optimizer and its weight decay are, and what is to come is drawn at the start,
    so that processes and resumed runs have the same.

    ``current``: (...), the parameter. ``all``: (T, ...), a buffer; the row of the current task is that of its start.

    Args:
        start: (T, ...).
    """

    all: Tensor

    def __init__(self, start: Tensor) -> None:
        super().__init__()
        self.register_buffer('all', start)
        self.current = nn.Parameter(start[0].clone())

    def rows(self, task: Tensor) -> Tensor:
        """(T, ...) where the ``task``, (1,), trains; gradients reach its row alone."""
        return self.all.index_copy(0, task, self.current[None])

    @torch.no_grad()
    def store(self, task: int) -> None:
        """Keep what ``task`` learned; the next one begins."""
        self.all[task] = self.current
        self.current.copy_(self.all[task + 1])


class TaskByTask(Mixin):
    """Mixin of methods some of whose parameters are a task's own, in banks.

    ``task``: (1,), a buffer: the task that trains, from 0.
    """

    task: Tensor

    def count_tasks(self, tasks: int) -> None:
        require_counts(**{f'{type(self).__name__}: tasks': tasks})
        self.tasks = tasks
        self.register_buffer('task', torch.zeros(1, dtype=torch.long))

    def _load_from_state_dict(self, state_dict: dict[str, Tensor], prefix: str, *args: Any, **kwargs: Any) -> None:
        """Raise UsageError for a task that is not one of them, which files from elsewhere may hold."""
        task = state_dict.get(f'{prefix}task')
        if task is not None and task.numel() == 1 and not 0 <= int(task) < self.tasks:
            raise UsageError(f'{type(self).__name__} was built for tasks 0..{self.tasks - 1}, and these weights are of '
                             f'task {int(task)}: build it with the tasks that they were trained with.')
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)

    @property
    def begun(self) -> Tensor:
        """(T,), whether a task has begun."""
        return torch.arange(self.tasks, device=self.task.device) <= self.task

    def next_task(self) -> None:
        """The task that trains is over, and another begins: start the optimizer anew.

        Raises:
            UsageError: it was built for no more.
        """
        task = int(self.task)
        if task + 1 == self.tasks:
            raise UsageError(f'{type(self).__name__} was built for {self.tasks} tasks, and the last of them has begun: '
                             'set tasks to as many as there are.')
        for bank in self.modules():
            if isinstance(bank, TaskBank):
                bank.store(task)
        self.task.add_(1)
