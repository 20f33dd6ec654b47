"""What happens to an image before the backbone, from a config's test pipeline and data preprocessor to the schema."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import UsageError
from ..models.openmmlab import SWAPS, swaps_channels
from .fields import shown
from .from_data import describe_floats, pipeline_of
from .from_part import as_dict, describe_part, name_of, plain, refuse_others
from .heads import TRANSFORMS
from .preprocess import STEPS

AROUND = {'LoadImageFromFile', 'LoadAnnotations', 'PackInputs', 'PackSegInputs'}  # the transforms of an image
PREPROCESSORS = dict(classification='ClsDataPreprocessor', segmentation='SegDataPreProcessor')
PADDING = dict(classification=('pad_size_divisor', 'pad_value'), segmentation=('pad_val', 'test_cfg'))
TRAINING = ('num_classes', 'to_onehot', 'batch_augments', 'size', 'size_divisor', 'seg_pad_val', 'non_blocking')


def describe_input(kind: str, config: dict[str, Any]) -> dict[str, Any]:
    """``model.input`` of a task file.

    Raises:
        UsageError: transforms or a preprocessor off the list.
    """
    model = config['model']
    preprocessor = as_dict(model.get('data_preprocessor') or config.get('data_preprocessor') or {}, 'data_preprocessor')
    if preprocessor.get('type') is not None and name_of(preprocessor) != PREPROCESSORS[kind]:
        raise UsageError(f'data_preprocessor.type must be {PREPROCESSORS[kind]} for a task file, got '
                         f'{shown(preprocessor["type"])}.')
    refuse_others(preprocessor, ('mean', 'std', *SWAPS, *PADDING[kind], *TRAINING), 'data_preprocessor')
    pipeline = pipeline_of(config)
    return dict(floats=describe_floats(pipeline), steps=_describe_steps(pipeline),
                rgb=swaps_channels(preprocessor), mean=plain(preprocessor.get('mean')),
                std=plain(preprocessor.get('std')), pad=_describe_pad(kind, preprocessor))


def _describe_pad(kind: str, preprocessor: dict[str, Any]) -> dict[str, Any] | None:
    """mmseg's ``size`` and ``size_divisor`` are of training; ``test_cfg`` pads images for prediction."""
    if kind == 'classification':
        divisor = preprocessor.get('pad_size_divisor', 1)
        return None if divisor == 1 else dict(divisor=divisor, value=preprocessor.get('pad_value', 0))
    test = as_dict(preprocessor.get('test_cfg') or {}, 'data_preprocessor.test_cfg')
    refuse_others(test, ('size', 'size_divisor'), 'data_preprocessor.test_cfg')
    sizes = dict(size=plain(test.get('size')), divisor=test.get('size_divisor'))
    given = {name: value for name, value in sizes.items() if value is not None}
    return dict(given, value=preprocessor.get('pad_val', 0)) if given else None


def _describe_steps(pipeline: Sequence[Any]) -> list[dict[str, Any]]:
    """The transforms between loading and packing."""
    return [describe_part(step, TRANSFORMS, STEPS.get, 'a step') for step in pipeline if name_of(step) not in AROUND]
