"""What a name stands for: a model of timm's, or a model or config of OpenMMLab's."""
from __future__ import annotations

import difflib
import os
from typing import Any, NamedTuple

from mmengine.config import Config
from mmengine.registry import DefaultScope

from ..config_file import read_config_file
from ..errors import UsageError, line_of
from ..weights.timm import SCHEME, import_timm, pretrained_config
from .views import View


class Found(NamedTuple):
    """What a name stands for: one of two.

    Attributes:
        backbone: config of a backbone of timm's, with its weights in ``init_cfg``; and ``view``, how images come to it.
        view: see above.
        config: of a whole model of OpenMMLab's.
        weights: of that model, by their address; None where there are none.
    """

    backbone: dict[str, Any] | None = None
    view: View | None = None
    config: Config | None = None
    weights: str | None = None


def find(name: str, img_size: Any = None) -> Found:
    """What a name stands for.

    Args:
        name: of a model in timm, with or without 'timm://' and a tag; of a model in mmpretrain; the path of a config
            file; or a package's config, such as 'mmseg::segmenter/segmenter_vit-b_mask_8xb1-160k_ade20k-512x512.py'.
        img_size: of a model of timm's, in place of its own.

    Raises:
        UsageError: no such name; the message has the nearest.
    """
    if name.endswith('.py'):
        return Found(config=_read(name))
    base = name.removeprefix(SCHEME)
    timm = import_timm()
    if name.startswith(SCHEME) or timm.is_model(base.partition('.')[0]):
        return _timm(base, img_size)
    hub = _hub()
    if name.lower() in hub:
        return _mmpretrain(name)
    near = difflib.get_close_matches(base.lower(), [*timm.list_models(), *hub], n=4, cutoff=0.5)
    raise UsageError(f'neither timm nor mmpretrain has a model named {name!r}, and it is not the path of a config '
                     f"(*.py); the nearest names are {', '.join(near) or 'in timm.list_models()'}.")


def nearest_of_mmpretrain(name: str) -> list[str]:
    """Names of mmpretrain's models that are nearest to one of timm's."""
    return difflib.get_close_matches(name.replace('_', '-'), _hub(), n=3, cutoff=0.3)


def _timm(name: str, img_size: Any) -> Found:
    config = pretrained_config(name)
    tagged = name if '.' in name else f'{name}.{config.tag}' if config.tag else name
    backbone: dict[str, Any] = dict(type='PromptedTimmViT', model=tagged,
                                    init_cfg=dict(type='Pretrained', checkpoint=f'{SCHEME}{tagged}'))
    if img_size is not None:
        backbone['img_size'] = img_size
    return Found(backbone=backbone, view=View.of_timm(config.to_dict(remove_null=True), img_size))


def _mmpretrain(name: str) -> Found:
    from mmpretrain.apis import ModelHub
    found = ModelHub.get(name)
    return Found(config=found.config, weights=found.weights)


def _hub() -> list[str]:
    """Names of the models that mmpretrain knows."""
    from mmpretrain.apis import list_models
    return list(list_models())


def _read(name: str) -> Config:
    if '::' not in name or os.path.isfile(name):
        config = read_config_file(name, needs=('model.backbone',))
    else:
        try:
            config = Config.fromstring(f'_base_ = [{name!r}]\n', '.py')
        except Exception as error:  # mmengine and the package raise anything
            raise UsageError(f'{name} is not among the configs of an installed package: {line_of(error)}') from None
        config.setdefault('default_scope', name.partition('::')[0])
    config.setdefault('default_scope', DefaultScope.get_current_instance() or 'mmengine')
    return config
