"""What a name stands for: a model of timm's, or a model or config of OpenMMLab's."""
from __future__ import annotations

import difflib
import os
from typing import Any

from mmengine.config import Config

from ..config_file import read_config_file
from ..errors import UsageError, line_of
from ..models.weightless import build_weightless
from ..weights.timm import SCHEME, import_timm, pretrained_config
from .sources import Source
from .views import View


def find(name: str, img_size: Any = None) -> Source:
    """What a name stands for.

    Args:
        name: of a model in timm, with or without 'timm://' and a tag; of a model in mmpretrain; the path of a config
            file; or a package's config, such as 'mmseg::segmenter/segmenter_vit-b_mask_8xb1-160k_ade20k-512x512.py'.
        img_size: of a model of timm's, in place of its own.

    Raises:
        UsageError: no such name, or an architecture that is not prompted under timm's names; the message has the
            nearest that would do.
    """
    if name.endswith('.py'):
        return Source(config=_read(name))
    base = name.removeprefix(SCHEME)
    timm = import_timm()
    if name.startswith(SCHEME) or timm.is_model(base.partition('.')[0]):
        return _timm(base, img_size)
    from mmpretrain.apis import ModelHub, list_models
    known = list_models()
    if name.lower() in known:
        found = ModelHub.get(name)
        return Source(config=found.config, weights=found.weights)
    near = difflib.get_close_matches(base.lower(), [*timm.list_models(), *known], n=4, cutoff=0.5)
    raise UsageError(f'neither timm nor mmpretrain has a model named {name!r}, and it is not the path of a config '
                     f"(*.py); the nearest names are {', '.join(near) or 'in timm.list_models()'}.")


def _timm(name: str, img_size: Any) -> Source:
    config = pretrained_config(name)
    tagged = name if '.' in name or not config.tag else f'{name}.{config.tag}'
    backbone: dict[str, Any] = dict(type='PromptedTimmViT', model=tagged)
    try:
        build_weightless(backbone)
    except UsageError as error:
        from mmpretrain.apis import list_models
        near = difflib.get_close_matches(name.replace('_', '-'), list_models(), n=3, cutoff=0.3)
        raise UsageError(f'{error} Others are prompted under the names of mmpretrain, of which the nearest are '
                         f'{", ".join(near)}.') from None
    backbone['init_cfg'] = dict(type='Pretrained', checkpoint=f'{SCHEME}{tagged}')
    return Source(backbone=backbone, view=View.of_timm(config.to_dict(remove_null=True), img_size))


def _read(name: str) -> Config:
    if '::' not in name or os.path.isfile(name):
        return read_config_file(name, needs=('model.backbone',))
    try:
        config = Config.fromstring(f'_base_ = [{name!r}]\n', '.py')
    except Exception as error:  # mmengine and the package raise anything
        raise UsageError(f'{name} is not among the configs of an installed package: {line_of(error)}') from None
    config.setdefault('default_scope', name.partition('::')[0])
    return config
