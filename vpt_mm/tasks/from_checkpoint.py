"""From a checkpoint of PromptCheckpointHook to the schema of task files."""
import math

from ..errors import UsageError
from . import schema
from .config_text import read_config
from .from_config import describe


def describe_checkpoint(meta, path, *, served=True):
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
    task = dict(base=own.get('base') or {}, frozen_weights=own.get('frozen_weights'), metrics=_metrics(own),
                classes=_list(known.get('classes')), versions={}, date='', model=None)
    try:
        if served:
            task['model'] = describe(read_config(meta.get('cfg')), known)
        schema.check(task)
    except UsageError as error:
        raise UsageError(f'{path} is of a kind that no task file describes: {error}') from None
    except RecursionError:
        raise UsageError(f'the config in {path} has too many levels.') from None
    return task


def _list(classes):
    return list(classes) if isinstance(classes, (list, tuple)) else classes or []


def _metrics(own):
    """What a validation said of this very checkpoint; those that are not the best are written before theirs."""
    metrics = own.get('metrics') or {}
    return {name: value for name, value in metrics.items() if not isinstance(value, float) or math.isfinite(value)} \
        if isinstance(metrics, dict) else metrics
