"""What a config says of a task's test data: their pipeline, how images are loaded, and where labels begin in masks."""
from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from typing import Any

from mmseg.registry import DATASETS

from ..errors import UsageError
from .fields import shown
from .from_part import name_of

# As vpt_mm.datasets.reading loads images.
LOADED: dict[str, tuple[str | None, ...]] = dict(color_type=('color',), imdecode_backend=('cv2', None))


def pipeline_of(config: dict[str, Any]) -> Sequence[Any]:
    """The test pipeline; empty where the config has none.

    Raises:
        UsageError: something else in its place.
    """
    pipeline = _dataset_of(config).get('pipeline') or ()
    if not isinstance(pipeline, (list, tuple)):
        raise UsageError(f'the pipeline of test_dataloader must be a list, got {shown(pipeline)}.')
    return pipeline


def describe_floats(pipeline: Sequence[Any]) -> bool:
    """Whether images were loaded as floats.

    Raises:
        UsageError: they were loaded otherwise than :mod:`vpt_mm.datasets.reading` does it.
    """
    loaders = [(name, step) for step in pipeline if re.match('Load.*Image', name := name_of(step) or '')]
    strange = [f'{key}={shown(step[key])}' for _, step in loaders for key, usual in LOADED.items()
               if step.get(key, usual[0]) not in usual]
    told = [name for name, _ in loaders if name != 'LoadImageFromFile'] + strange
    if told:
        raise UsageError(f'its images were loaded by {", ".join(told)} in training; here they are loaded as by '
                         "LoadImageFromFile, with OpenCV, in colour, 8 bits. Train it with that loader's defaults.")
    return any(step.get('to_float32') is True for _, step in loaders)


def describe_first_label(config: dict[str, Any], known: dict[str, Any]) -> int:
    """The number of the first class in masks: 1 where 0 means unlabelled (``reduce_zero_label``), else 0.

    Args:
        known: what the training data said of themselves; the config, and then its dataset's class, are asked next.
    """
    dataset = _dataset_of(config)
    kind = DATASETS.parent.module_dict.get(name_of(dataset)) or DATASETS.module_dict.get(name_of(dataset))
    usual = inspect.signature(kind).parameters.get('reduce_zero_label') if kind else None
    said = [place['reduce_zero_label'] for place in (known, dataset) if 'reduce_zero_label' in place]
    return int((said[0] if said else usual and usual.default) is True)


def _dataset_of(config: dict[str, Any]) -> dict[str, Any]:
    """The dataset of the test, inside those that wrap it."""
    loader = config.get('test_dataloader')
    dataset = loader.get('dataset') if isinstance(loader, dict) else None
    while isinstance(dataset, dict) and not dataset.get('pipeline'):
        inner = dataset.get('dataset') or dataset.get('datasets')
        if inner is None:
            break
        dataset = inner[0] if isinstance(inner, (list, tuple)) and inner else inner
    return dataset if isinstance(dataset, dict) else {}
