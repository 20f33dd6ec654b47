"""Headers of task files: the description, and a seal over it and the tensors."""
from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ..errors import UsageError, some
from ..weights.header import seal
from ..weights.state import not_finite
from . import schema

TYPES = {torch.float32, torch.int64}


def write_header(task: dict[str, Any], state: dict[str, Tensor]) -> dict[str, str]:
    """The header, {name: text}, of a task file with these tensors.

    Raises:
        UsageError: what the schema can't say, tensors of another type, or values that are not finite.
    """
    schema.check(task)
    _require_types(state)
    _require_finite(state)
    header = dict(format=schema.FORMAT, task=schema.write(task))
    return dict(header, seal=seal(header, state))


def read_header(header: dict[str, str], state: dict[str, Tensor]) -> dict[str, Any]:
    """``meta``, as in a checkpoint of ``PromptCheckpointHook``, and ``meta['task']``: what the file says, checked.

    Raises:
        UsageError: anything changed since the file was written, or it says what the schema does not know.
    """
    require_intact(header, state)
    if set(header) != {'format', 'task', 'seal'}:
        raise UsageError(f'the header of a task file has format, task and seal, this one has {some(header)}.')
    task = schema.read(header['task'])
    own = {name: task[name] for name in ('base', 'frozen_weights', 'metrics', 'versions', 'date')}
    return dict(task=task, dataset_meta=dict(classes=tuple(task['classes'])),
                vpt_mm=dict(own, task=True, version=task['versions'].get('vpt_mm')))


def require_intact(header: dict[str, str], state: dict[str, Tensor]) -> None:
    """Raise UsageError unless header and tensors are those that were sealed, of the right types, and finite."""
    _require_types(state)
    if header.get('seal') != seal(header, state):
        raise UsageError('this task file was changed since it was published, or damaged: fetch it again.')
    _require_finite(state)


def _require_types(state: dict[str, Tensor]) -> None:
    other = [key for key, tensor in state.items() if tensor.dtype not in TYPES]
    if other:
        raise UsageError(f'a task file holds float32 and int64, not {state[other[0]].dtype} as in {some(other)}.')


def _require_finite(state: dict[str, Tensor]) -> None:
    broken = not_finite(state)
    if broken:
        raise UsageError(f'a task file holds finite values; NaN or infinite ones in {some(broken)}.')
