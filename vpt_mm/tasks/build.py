"""From the schema to what computes: configs of listed classes with checked arguments, and models of them."""
from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import torch
from mmengine.config import ConfigDict
from mmengine.registry import MODELS, DefaultScope

from ..models import PromptedViT
from ..models.weightless import build_weightless
from .hosted import flat
from .parts import LIBRARIES, class_of
from .words import flat_words

BUILDING = threading.Lock()  # mmengine's default scope is one for all threads
PAIRS = {'img_size', 'patch_size', 'stride', 'padding', 'size', 'scale', 'crop_size'}  # tuples in OpenMMLab's classes


@contextmanager
def scope_of(kind: str) -> Iterator[None]:
    """The scope in which the parts of a task of this kind find their norms and activations."""
    with BUILDING, DefaultScope.overwrite_default_scope(LIBRARIES[kind]):
        yield


def backbone_config(model: dict[str, Any], *, tuning: bool = True) -> dict[str, Any]:
    """The config of a task's backbone: ``model`` of a task file; with its tuning method, or without any."""
    config = tuples(flat(model['backbone']))
    return dict(config, tuning=tuples(model['tuning'])) if tuning else config


def build_heads(model: dict[str, Any], *, backbone: dict[str, Any], classes: Sequence[str] = (), words: Any = None,
                weights: bool = False) -> Any:
    """A task's classifier or segmentor around what stands for its backbone.

    Args:
        model: of a task file.
        backbone: config of what gives the features.
        classes: their names, for heads that recognise them by name.
        words: ``init_cfg`` of the text tower of such a head.
        weights: make tensors with values; on the meta device by default.
    """
    parts = {part: dict(tuples(said), type=class_of(part, model['kind'], said['type']))
             for part, said in (('neck', model['neck']), ('head', flat_words(model['head'], classes, words))) if said}
    preprocessor = build_preprocessor(model)
    if model['kind'] == 'classification':
        config = dict(parts, type='mmpretrain.ImageClassifier')
    else:
        parts['decode_head'] = parts.pop('head')
        config = dict(parts, type='mmseg.EncoderDecoder', test_cfg=_test_cfg(model['windows']))
    config = dict(config, backbone=backbone, data_preprocessor=preprocessor)
    return MODELS.build(config) if weights else build_weightless(config)


def rehearse(built: Any, model: dict[str, Any], *, size: tuple[int, int]) -> Any:
    """Raise what the classes raise unless neck and head take what the backbone gives; nothing is computed.

    Args:
        built: of :func:`build_heads`, on the meta device.
        model: of a task file.
        size: (height, width) of the image.
    """
    pooled = model['backbone'].get('out_type') in PromptedViT.POOLED  # means of prompts: of no other method's
    tuning = model['tuning'] if pooled else dict(type='LinearProbe')
    features = _features(json.dumps(dict(flat(model['backbone']), tuning=tuning)), tuple(size))
    built.eval()
    with torch.no_grad(), built.backbone.lent([features]):
        return built(torch.empty(1, 3, *size, device='meta'), mode='tensor')


@lru_cache(maxsize=64)
def _features(config: str, size: tuple[int, ...]) -> Any:
    """What a backbone gives for an image, without values: the same under every method that keeps to its outputs."""
    backbone = build_weightless(tuples(json.loads(config))).eval()
    with torch.no_grad():
        return backbone(torch.empty(1, 3, *size, device='meta'))


def build_preprocessor(model: dict[str, Any]) -> Any:
    """The data preprocessor of mmpretrain or mmseg that does what ``model.input`` says behind its steps."""
    given = model['input']
    pad, normalise = given['pad'] or {}, dict(mean=given['mean'], std=given['std'])
    if model['kind'] == 'classification':
        return MODELS.build(dict(type='mmpretrain.ClsDataPreprocessor', to_rgb=given['rgb'], **normalise,
                                 pad_size_divisor=pad.get('divisor', 1), pad_value=pad.get('value', 0)))
    size = {name: value for name, value in (('size', pad.get('size')), ('size_divisor', pad.get('divisor'))) if value}
    return MODELS.build(dict(type='mmseg.SegDataPreProcessor', bgr_to_rgb=given['rgb'], **normalise,
                             pad_val=pad.get('value', 0), test_cfg=tuples(size) or None))


def _test_cfg(windows: dict[str, Any] | None) -> ConfigDict:
    if windows is None:
        return ConfigDict(mode='whole')
    return ConfigDict(mode='slide', crop_size=tuple(windows['size']), stride=tuple(windows['stride']))


def tuples(value: Any) -> Any:
    """A copy with tuples where OpenMMLab's classes want them for lists."""
    if isinstance(value, dict):
        return {name: tuple(inner) if name in PAIRS and isinstance(inner, list) else tuples(inner)
                for name, inner in value.items()}
    return [tuples(inner) for inner in value] if isinstance(value, list) else value
