"""What a module is: a model of timm's or of OpenMMLab's that a config can describe, or one of one's own."""
from __future__ import annotations

from typing import Any

from mmengine.config import Config
from torch import nn

from ..errors import UsageError
from ..weights.timm import create_plain, import_timm
from .settings import differences, settings_of
from .sources import Source
from .views import View, pair

BACKBONES = tuple(f'{library}.models.backbones.' for library in ('mmpretrain', 'mmseg', 'mmdet'))
PREFIX = 'backbone.'


def describe_module(module: nn.Module) -> Source:
    """A module as configs say it, with its weights; of another class than they know, the module itself.

    Raises:
        UsageError: the arguments of its class can't be read off it.
    """
    config = getattr(module, '_config', None) or getattr(module, 'cfg', None)  # as mmpretrain and mmseg keep it
    if isinstance(config, Config) and config.get('model') and hasattr(module, 'backbone'):
        return Source(config=config, state=module.state_dict())
    if type(module).__module__.startswith(BACKBONES):
        kind = f"{type(module).__module__.partition('.')[0]}.{type(module).__name__}"
        return Source(backbone=dict(settings_of(module, kind=kind), type=kind), state=module.state_dict())
    if type(module).__module__.startswith('timm.models.'):
        models = import_timm().models
        known = getattr(module, 'pretrained_cfg', None) or {}
        if type(module) in (models.vision_transformer.VisionTransformer, models.eva.Eva) and known.get('architecture'):
            return _timm(module, known)
    return Source(module=module)


def _timm(module: Any, known: dict[str, Any]) -> Source:
    """A Vision Transformer that timm has built; ``known``: what timm says of its weights."""
    name = '.'.join(filter(None, (known['architecture'], known.get('tag'))))
    state = {key: tensor for key, tensor in module.state_dict().items() if not key.startswith('head.')}
    state = {PREFIX + key: tensor for key, tensor in state.items()}
    head = module.head if isinstance(module.head, nn.Linear) else None
    if head is not None:
        state.update({f'head.fc.{key}': tensor for key, tensor in head.state_dict().items()})
    size = pair(module.patch_embed.img_size)
    backbone = dict(_settings(module, name), type='PromptedTimmViT', model=name)
    return Source(backbone=backbone, view=View.of_timm(known, size), state=state,
                  classes=None if head is None else head.out_features)


def _settings(module: Any, name: str) -> dict[str, Any]:
    """The arguments by which timm builds a model of a name that computes what this one computes, proved by a twin."""
    few = dict(img_size=pair(module.patch_embed.img_size), dynamic_img_size=module.dynamic_img_size)
    sizes = dict(embed_dim=module.embed_dim, depth=len(module.blocks), num_heads=module.blocks[0].attn.num_heads)
    for given in (few, {**few, **sizes}):
        difference = next(differences(module, create_plain(name, 'them', **given), without='head'), '')
        if not difference:
            return given
    raise UsageError(f"the arguments that this {name} was built by can't be read off it ({difference}): say them, as "
                     f"adapt(dict(type='PromptedTimmViT', model='{name}', ...), tuning, "
                     'checkpoint=module.state_dict()).')
