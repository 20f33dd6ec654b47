"""From an OpenMMLab config to the schema of task files: what prediction needs of it, or why the schema can't say it."""
from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from ..errors import UsageError
from .fields import shown
from .from_data import describe_first_label
from .from_part import as_dict, describe_part, name_of, plain, refuse_others
from .from_pipeline import describe_input
from .heads import NAMED
from .hosted import nest
from .parts import class_of, records
from .words import TRAINED, nest_words

KINDS = dict(ImageClassifier='classification', EncoderDecoder='segmentation')
HEADS = dict(classification='head', segmentation='decode_head')
USED = ('backbone', 'neck', 'head', 'decode_head', 'data_preprocessor', 'test_cfg')
TRAINING = ('auxiliary_head', 'train_cfg', 'init_cfg', 'pretrained')


def describe(config: dict[str, Any], known: dict[str, Any] | None = None) -> dict[str, Any]:
    """``model`` of a task file, of the config that the task was trained with. It must still be checked.

    Args:
        config: dict of the entries.
        known: what the training data said of themselves (``dataset_meta``), of which ``palette`` and
            ``reduce_zero_label`` are used.

    Raises:
        UsageError: something that the schema can't say.
    """
    model, known = as_dict(config.get('model'), 'model'), known or {}
    kind = KINDS.get(name_of(model) or '')
    if kind is None:
        raise UsageError(f'model.type in a task file is one of {", ".join(KINDS)}, got {shown(model.get("type"))}: '
                         'other models have heads that are not on the list.')
    refuse_others(model, (*USED, *TRAINING), 'model')
    backbone = as_dict(model.get('backbone'), 'model.backbone')
    described: dict[str, Any] = dict(
        kind=kind, backbone=_describe('backbone', kind, backbone), tuning=_describe_tuning(kind, backbone),
        neck=_describe('neck', kind, model['neck']) if model.get('neck') is not None else None,
        head=_describe('head', kind, model.get(HEADS[kind])), input=describe_input(kind, config))
    if kind == 'segmentation':
        described.update(windows=_describe_windows(model.get('test_cfg')),
                         palette=_describe_palette(known.get('palette'), described['head'].get(
                             'num_classes', len(known.get('classes') or ()))),
                         first_label=describe_first_label(config, known))
    return described


def describe_backbone(config: dict[str, Any]) -> dict[str, Any]:
    """``model.backbone`` of a task file, of a backbone's config.

    Raises:
        UsageError: something that the schema can't say.
    """
    return _describe('backbone', 'classification', config)


def _describe(part: str, kind: str, config: Any) -> dict[str, Any]:
    if part == 'backbone' and name_of(config) == 'PromptedBackbone':
        config = nest(config)
    if part == 'head' and name_of(config) in TRAINED:
        config = nest_words(config, NAMED, partial(class_of, part, kind))
    return describe_part(config, records(part, kind), partial(class_of, part, kind), f'model.{part}')


def _describe_tuning(kind: str, backbone: dict[str, Any]) -> dict[str, Any] | list[dict[str, Any]]:
    tuning = backbone.get('tuning')
    if isinstance(tuning, (list, tuple)):
        return [_describe('tuning', kind, one) for one in tuning]
    return _describe('tuning', kind, tuning)


def _describe_windows(config: Any) -> dict[str, Any] | None:
    config = as_dict(config or {}, 'model.test_cfg')
    refuse_others(config, ('mode', 'crop_size', 'stride'), 'model.test_cfg')
    mode = config.get('mode', 'whole')
    if mode not in ('whole', 'slide'):
        raise UsageError(f"model.test_cfg.mode must be 'whole' or 'slide', got {shown(mode)}.")
    return dict(size=plain(config.get('crop_size')), stride=plain(config.get('stride'))) if mode == 'slide' else None


def _describe_palette(palette: Any, count: int | None) -> list[list[int]] | None:
    """Colours as whole numbers, or None where they are not known for each class."""
    try:
        colours = [] if palette is None else np.asarray(palette, dtype=np.uint8).tolist()
    except (ValueError, TypeError, OverflowError, RuntimeError):
        raise UsageError(f'a palette is a list of (red, green, blue) from 0 to 255, got {shown(palette)}.') from None
    return colours if isinstance(colours, list) and colours and len(colours) == count else None
