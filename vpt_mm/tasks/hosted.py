"""What a task file may say of a ``PromptedBackbone``: a class on the list, and arguments that are numbers and words."""
from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mmengine.registry import MODELS

from .fields import Choice, Field, refuse
from .from_part import defaults_of

CLASSES = (
    *(f'mmpretrain.{name}' for name in (
        'BEiTViT', 'Conformer', 'ConvMixer', 'CSPDarkNet', 'CSPResNet', 'CSPResNeXt', 'DaViT', 'DeiT3', 'DenseNet',
        'DistilledVisionTransformer', 'EdgeNeXt', 'EfficientFormer', 'EfficientNet', 'EfficientNetV2', 'HiViT',
        'HorNet', 'HRNet', 'LeViT', 'MixMIMTransformer', 'MlpMixer', 'MobileNetV2', 'MobileNetV3', 'MobileOne',
        'MobileViT', 'MViT', 'PCPVT', 'PoolFormer', 'RegNet', 'RepLKNet', 'RepMLPNet', 'RepVGG', 'Res2Net', 'ResNeSt',
        'ResNet_CIFAR', 'ResNeXt', 'RIFormer', 'SEResNet', 'SEResNeXt', 'ShuffleNetV1', 'ShuffleNetV2', 'SVT',
        'SwinTransformerV2', 'T2T_ViT', 'TinyViT', 'TNT', 'VAN', 'VGG', 'ViTEVA02', 'ViTSAM', 'VisionTransformer',
        'XCiT')),
    *(f'mmseg.{name}' for name in (
        'BEiT', 'HRNet', 'MAE', 'MixVisionTransformer', 'MobileNetV2', 'MobileNetV3', 'MSCAN', 'PCPVT', 'ResNeSt',
        'ResNet', 'ResNetV1c', 'ResNetV1d', 'ResNeXt', 'SVT', 'SwinTransformer', 'UNet', 'VisionTransformer')))
# What a `type` inside of the arguments may be.
LAYERS = ('BN', 'BN1d', 'BN2d', 'LN', 'LN2d', 'GN', 'IN', 'GELU', 'ReLU', 'ReLU6', 'LeakyReLU', 'PReLU', 'ELU',
          'HSwish', 'HSigmoid', 'SiLU', 'Swish', 'Sigmoid', 'Tanh', 'QuickGELU', 'Conv', 'Conv1d', 'Conv2d', 'DropPath',
          'Dropout', 'InterpConv', 'DeconvModule', 'nearest', 'bilinear')
ALIASES = {'SyncBN': 'BN', 'MMSyncBN': 'BN', 'mmpretrain.QuickGELU': 'QuickGELU'}
# What matters in training alone, or is said elsewhere.
UNSAID = {'type', 'of', '_scope_', 'tuning', 'frozen_dtype', 'accelerate', 'init_cfg', 'pretrained', 'with_cp',
          'norm_eval', 'frozen_stages', 'zero_init_residual'}
READ = re.compile('pretrained|checkpoint|init_cfg|file|path|url')  # names of what a class might read from somewhere
COUNTS = re.compile('depth|layer|block|module|stage|branch|conv|repeat|head')  # names of numbers of parts
NAME, WORD = re.compile(r'[A-Za-z_]\w{0,49}'), re.compile(r'[A-Za-z0-9_-]{1,40}')
MOST_VALUES, MOST_DEPTH, MOST, MOST_PARTS = 1_000, 6, 32_768, 4_096


class Arguments(Field):
    """Arguments of a class: numbers, flags, words and null, in lists and objects of those."""

    holds = dict
    rule = (f'an object of at most {MOST_VALUES} numbers up to {MOST:,}, flags, words of letters and digits, and '
            'nulls; a type among them is a norm, an activation or a plain layer')

    def check(self, value: Any, place: str) -> None:
        if type(value) is not dict:
            refuse(place, self.rule, value)
        for count, (where, name, one) in enumerate(_leaves(value, place)):
            if count >= MOST_VALUES or where.count('.') + where.count('[') > MOST_DEPTH + place.count('.'):
                refuse(where, self.rule, one)
            if not NAME.fullmatch(name) or READ.search(name) or name in UNSAID - {'type'}:
                refuse(where, 'an argument that describes the layers', name)
            if name == 'type' and one not in LAYERS:
                refuse(where, f"one of {', '.join(LAYERS)}", one)
            if not _is_plain(one, MOST_PARTS if COUNTS.search(name) else MOST):
                refuse(where, self.rule, one)

    def clean(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: ALIASES.get(inner, inner) if name == 'type' and isinstance(inner, str) else self.clean(inner)
                    for name, inner in value.items() if name not in UNSAID - {'type'} and name != 'requires_grad'}
        return [self.clean(inner) for inner in value] if isinstance(value, (list, tuple)) else value


OF = Choice(*CLASSES)
ARGUMENTS = Arguments()


def nest(config: dict[str, Any]) -> dict[str, Any]:
    """The config of a ``PromptedBackbone`` with the class's arguments, defaults included, in an entry of their own."""
    kind = MODELS.get(config['of']) if isinstance(config.get('of'), str) else config.get('of')
    said = {name: value for name, value in config.items() if name in ('type', 'of', 'frozen_dtype', *UNSAID)}
    if isinstance(kind, type):
        usual = {name: cleaned for name, value in defaults_of(kind).items()
                 if name not in UNSAID and ARGUMENTS.fits({name: (cleaned := ARGUMENTS.clean(value))})}
        scope = kind.__module__.partition('.')[0]
        return dict(said, of=f'{scope}.{kind.__name__}', arguments={**usual, **{
            name: value for name, value in config.items() if name not in UNSAID}})
    return dict(said, arguments={name: value for name, value in config.items() if name not in UNSAID})


def flat(config: dict[str, Any]) -> dict[str, Any]:
    """What a file says of a backbone as mmengine builds it: the inverse of :func:`nest`, others as they are."""
    arguments = config.get('arguments') or {}
    return {**arguments, **{name: value for name, value in config.items() if name != 'arguments'}}


def _leaves(value: Any, place: str, name: str = '') -> Iterator[tuple[str, str, Any]]:
    """(place, name of the nearest entry, value) of all that is neither list nor object."""
    if type(value) is dict:
        for key, inner in value.items():
            yield from _leaves(inner, f'{place}.{key}', key if isinstance(key, str) else '')
    elif type(value) is list:
        for index, inner in enumerate(value):
            yield from _leaves(inner, f'{place}[{index}]', name)
    else:
        yield place, name, value


def _is_plain(value: Any, most: int) -> bool:
    if type(value) in (int, float):
        return -most <= value <= most
    return value is None or type(value) is bool or (type(value) is str and bool(WORD.fullmatch(value)))
