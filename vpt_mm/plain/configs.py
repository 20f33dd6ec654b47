"""Configs of whole prompted models: around a backbone, or from a config of OpenMMLab's."""
from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import torch
from mmengine.config import Config
from torch import Tensor

from ..errors import UsageError
from ..models.openmmlab import HEADS
from ..prompting.backbone import counterpart
from ..prompting.config import model_changes, prompt_backbone
from ..prompting.trial import build_backbone, import_scope
from ..tasks.from_part import name_of
from ..tasks.heads import DECODERS
from ..tuning.build import build_tuning
from .views import View

LIBRARIES = ('mmpretrain', 'mmseg', 'mmdet')
MAPS = ('PromptedViT', 'PromptedTimmViT')  # give a map by out_type
SOME_METHOD = "say what learns, such as tuning=dict(type='DeepPrompt', length=10)"


def around(backbone: dict[str, Any], view: View, *, classes: int | None, head: dict[str, Any] | None,
           scope: str | None = None) -> Config:
    """The config of a classifier, or of a segmentor, around the config of a prompted backbone.

    Args:
        backbone: config, with its tuning method.
        view: how images come to it.
        classes: number of them; None leaves out the head.
        head: config of a head of mmpretrain's or mmseg's, but for what the backbone and the classes say; by default a
            linear classifier.
        scope: in which the backbone is built.

    Raises:
        UsageError: a backbone that does not run on images of this size, or that gives what no head reads.
    """
    name = name_of(head or {})
    kind = 'segmentation' if name in DECODERS else 'classification'
    if kind == 'segmentation' and backbone['type'] in MAPS:
        backbone = {'out_type': 'featmap', **backbone}
    outputs = _outputs(backbone, view.size, scope)
    maps = [tuple(one.shape) if isinstance(one, Tensor) else () for one in outputs]
    if kind == 'segmentation':
        given = dict(in_channels=maps[-1][1], in_index=len(maps) - 1, num_classes=classes, **(head or {}))
        parts: dict[str, Any] = dict(type='EncoderDecoder', decode_head=given, test_cfg=dict(mode='whole'))
    else:
        shape = maps[-1]
        if len(shape) not in (2, 4) or not isinstance(outputs, (tuple, Tensor)):
            raise UsageError(f'a classifier of mmpretrain reads a feature (B, C) or a map (B, C, h, w), the last of a '
                             f'tuple, and this backbone gives a {type(outputs).__name__} that ends in {shape}: choose '
                             "another out_type, or a head that segments, such as dict(type='FCNHead', channels=256).")
        neck = dict(type='GlobalAveragePooling') if len(shape) == 4 else None
        parts = dict(type='ImageClassifier', neck=neck, head=None if classes is None else {
            'type': 'LinearClsHead', 'num_classes': classes, 'in_channels': shape[1], **(head or {})})
    return Config(dict(
        default_scope='mmseg' if kind == 'segmentation' else 'mmpretrain',
        model=dict(parts, backbone=backbone, data_preprocessor=view.preprocessor(kind)),
        test_dataloader=dict(dataset=dict(pipeline=view.pipeline(kind)))))


def _outputs(backbone: dict[str, Any], size: tuple[int, int], scope: str | None) -> Any:
    """What a backbone gives for an image, without values."""
    built = build_backbone({**backbone, 'tuning': dict(type='LinearProbe')}, scope=scope)
    built.eval()
    try:
        with torch.no_grad():
            return built(torch.empty(1, 3, *size, device='meta'))
    except UsageError:
        raise
    except Exception as error:  # whatever a class of another package says
        raise UsageError(f'{built.title} does not run on images of {size[0]}x{size[1]}: {type(error).__name__}: '
                         f'{" ".join(str(error).split())}') from error


def prompted_config(config: Any, tuning: Any, *, checkpoint: str | None) -> Config:
    """A copy of a whole config of OpenMMLab's, prompted or not, with this tuning method in its backbone.

    Args:
        config: mmengine ``Config``, or a dict of one.
        tuning: config of a tuning method; None leaves that which there is.
        checkpoint: the backbone's weights; those that the config names by default.

    Raises:
        UsageError: no backbone that can be prompted, no tuning method, or one that does not fit.
    """
    made = Config(copy.deepcopy(config._cfg_dict.to_dict() if isinstance(config, Config) else dict(config)))
    import_scope(made.get('default_scope'))
    theirs = made.model.get('backbone') or {}
    if isinstance(theirs, dict) and str(theirs.get('type')).rpartition('.')[2].startswith('Prompted'):
        if tuning is not None:
            theirs['tuning'] = tuning
        if checkpoint is not None:
            theirs['init_cfg'] = dict(type='Pretrained', checkpoint=checkpoint)
        require_tuning(theirs.get('tuning'))
        return made
    require_tuning(tuning)
    place, backbone = prompt_backbone(made, tuning, checkpoint=checkpoint)
    if place.path != 'backbone':
        raise UsageError(f'the backbone of this config is its {place.path}, inside of another model: give the config '
                         'of that model, or train this one by `vpt-mm prompt`.')
    made.merge_from_dict(dict(model=model_changes(made.model, place.path, dict(backbone, tuning=tuning))))
    return made


def require_tuning(tuning: Any) -> None:
    """Raise UsageError unless this is the config of a tuning method: one that can be written down again."""
    if tuning is None:
        raise UsageError(f'{SOME_METHOD}.')
    kinds = tuning if isinstance(tuning, (list, tuple)) else [tuning]
    if not all(isinstance(one, dict) for one in kinds):
        raise UsageError(f'tuning is the config of a method, or a list of those, got {tuning!r}: {SOME_METHOD}.')
    build_tuning(tuning)


def set_classes(config: Config, count: int) -> None:
    """Set the number of classes of all heads of a config."""
    for name in HEADS:
        part = config.model.get(name)
        for head in part if isinstance(part, (list, tuple)) else [part] if part else []:
            head['num_classes'] = count
    for preprocessor in (config.get('data_preprocessor'), config.model.get('data_preprocessor')):
        if preprocessor and 'num_classes' in preprocessor:
            preprocessor['num_classes'] = count


def prompted_backbone_config(backbone: dict[str, Any], tuning: Any, *, checkpoint: str | None,
                             scope: str) -> dict[str, Any]:
    """The config of a prompted backbone with its tuning method, of any config of a backbone.

    Args:
        backbone: config, prompted or not.
        tuning: config of a tuning method; None leaves that which there is.
        checkpoint: weights; those that the config names by default.
        scope: of its type.
    """
    made = copy.deepcopy(dict(backbone))
    if not str(made.get('type')).rpartition('.')[2].startswith('Prompted'):
        import_scope(scope)
        made = counterpart(made, scope=scope)
    if tuning is not None:
        made['tuning'] = tuning
    if checkpoint is not None:
        made['init_cfg'] = dict(type='Pretrained', checkpoint=checkpoint)
    require_tuning(made.get('tuning'))
    return made


def scope_of(kind: Any) -> str:
    """The library of OpenMMLab's that the type of a part names, or mmpretrain."""
    name = kind.partition('.')[0] if isinstance(kind, str) else getattr(kind, '__module__', '').partition('.')[0]
    return name if name in LIBRARIES else 'mmpretrain'


def class_count(classes: int | Sequence[str] | None) -> tuple[int | None, list[str]]:
    """Number and names of classes, of either.

    Raises:
        UsageError: fewer than one class, or names that are not texts.
    """
    if classes is None:
        return None, []
    if isinstance(classes, int):
        if classes < 1 or isinstance(classes, bool):
            raise UsageError(f'classes is how many there are, at least 1, or a list of their names; got {classes}.')
        return classes, []
    if isinstance(classes, str) or not all(isinstance(name, str) for name in classes) or not classes:
        raise UsageError(f'classes is how many there are, or a list of their names; got {classes!r}.')
    return len(classes), list(classes)
