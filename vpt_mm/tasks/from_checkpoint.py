"""From a checkpoint of PromptCheckpointHook to the schema of task files."""
from __future__ import annotations

import math
from os import PathLike
from typing import Any

from ..errors import UsageError
from . import schema
from .config_text import read_config
from .from_config import describe


def describe_checkpoint(meta: dict[str, Any], path: str | PathLike[str], *, served: bool = True) -> dict[str, Any]:
    """What a checkpoint of ``PromptCheckpointHook`` says, in the schema of task files, checked.

    Args:
        meta: the checkpoint's.
        path: of the checkpoint.
        served: describe the model.

    Raises:
        UsageError: something that a task file can't say.
    """
    own, known = meta['vpt_mm'], meta.get('dataset_meta')
    known = known if isinstance(known, dict) else {}
    metrics = own.get('metrics')  # None where the run was not validated
    task = dict(base=own.get('base', {}), frozen_weights=own.get('frozen_weights'), versions={}, date='', model=None,
                metrics=_finite({} if metrics is None else metrics), classes=_names(known.get('classes', ())))
    try:
        if served:
            task['model'] = describe(read_config(meta.get('cfg')), known)
        schema.check(task)
    except UsageError as error:
        raise UsageError(f'{path} is of a kind that no task file describes: {error}') from None
    except RecursionError:
        raise UsageError(f'the config in {path} has too many levels.') from None
    return task


def _names(classes: Any) -> Any:
    """As a list; none where a dataset names none."""
    return [] if classes is None else list(classes) if isinstance(classes, tuple) else classes


def _finite(metrics: Any) -> Any:
    """Those that a file can say, of what a validation said of this very checkpoint: none, before the validation."""
    if not isinstance(metrics, dict):
        return metrics
    return {name: value for name, value in metrics.items() if not isinstance(value, float) or math.isfinite(value)}
