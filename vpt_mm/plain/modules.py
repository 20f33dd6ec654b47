"""What a module is: a model of timm's or of OpenMMLab's that a config can describe, or one of one's own."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from mmengine.config import Config
from torch import Tensor, nn

from ..errors import UsageError
from ..models.tunable import Tunable
from ..weights.timm import create_plain, import_timm
from .settings import differences, settings_of
from .views import View, pair

BACKBONES = tuple(f'{library}.models.backbones.' for library in ('mmpretrain', 'mmseg', 'mmdet'))
PREFIX = 'backbone.'


class Described(NamedTuple):
    """A module as configs say it.

    Attributes:
        state: {key: tensor} of its weights under the names of the whole model.
        backbone: config of its plain backbone; None where ``config`` is there.
        config: of the whole model.
        view: how images come to it, where the module knows.
        classes: number of classes of its own head, whose weights are in ``state``; None for none.
    """

    state: Mapping[str, Tensor]
    backbone: dict[str, Any] | None = None
    config: Any = None
    view: View | None = None
    classes: int | None = None


def describe_module(module: nn.Module) -> Described | None:
    """A module as configs say it; None for one of another class than they know.

    Raises:
        UsageError: it is prompted already, or of a class whose arguments can't be read off it.
    """
    if any(isinstance(one, Tunable) for one in module.modules()):
        raise UsageError(f'this {type(module).__name__} is prompted already: give the plain model, or set the tuning '
                         'of its backbone.')
    config = getattr(module, '_config', None) or getattr(module, 'cfg', None)  # as mmpretrain and mmseg keep it
    if isinstance(config, Config) and config.get('model') and hasattr(module, 'backbone'):
        return Described(module.state_dict(), config=config)
    if type(module).__module__.startswith('timm.models.'):
        return _timm(module)
    if type(module).__module__.startswith(BACKBONES):
        kind = f"{type(module).__module__.partition('.')[0]}.{type(module).__name__}"
        state = {PREFIX + key: tensor for key, tensor in module.state_dict().items()}
        return Described(state, backbone=dict(settings_of(module, kind=kind), type=kind))
    return None


def _timm(module: Any) -> Described | None:
    """A Vision Transformer that timm has built."""
    models = import_timm().models
    if type(module) not in (models.vision_transformer.VisionTransformer, models.eva.Eva):
        return None
    known = dict(getattr(module, 'pretrained_cfg', None) or {})
    name = '.'.join(filter(None, (known.get('architecture'), known.get('tag'))))
    if not name:
        return None
    found = dict(img_size=tuple(map(int, module.patch_embed.img_size)), dynamic_img_size=module.dynamic_img_size)
    sizes = dict(found, embed_dim=module.embed_dim, depth=len(module.blocks),
                 num_heads=module.blocks[0].attn.num_heads)
    strange = ''
    for given in (found, sizes):
        with torch.device('cpu'):
            twin = create_plain(name, 'them', **given)
        strange = next(differences(module, twin, without='head'), '')
        if not strange:
            break
    else:
        raise UsageError(f'this {name} was built by arguments that can\'t be read off it ({strange}): say them, as '
                         f"adapt(dict(type='PromptedTimmViT', model='{name}', ...), tuning, "
                         'checkpoint=module.state_dict()).')
    state = {PREFIX + key: tensor for key, tensor in module.state_dict().items() if not key.startswith('head.')}
    head = module.head if isinstance(module.head, nn.Linear) else None
    if head is not None:
        state.update({'head.fc.weight': head.weight, 'head.fc.bias': head.bias})
    size = given.pop('img_size')
    backbone = dict(given, type='PromptedTimmViT', model=name, img_size=size if size[0] != size[1] else size[0])
    return Described(state, backbone=backbone, view=View.of_timm(known, pair(size)),
                     classes=None if head is None else head.out_features)
