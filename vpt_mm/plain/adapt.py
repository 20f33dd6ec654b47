"""adapt(): a frozen, prompted model of a name, a config or a module."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any

import torch
from mmengine.config import Config
from torch import Tensor, nn

from ..errors import UsageError, some
from ..models.frozen import require_normalization
from ..prompting.trial import build_backbone
from . import configs
from .build import build, load_heads
from .model import PromptedModel
from .modules import PREFIX
from .own import device_of, prompted_module
from .read import read_source
from .sources import Source
from .views import View, pair


def adapt(source: str | PathLike[str] | Mapping[str, Any] | nn.Module, tuning: Any = None, *,
          classes: int | Sequence[str] | None = None, head: str | Sequence[str] | dict[str, Any] | None = None,
          checkpoint: str | PathLike[str] | Mapping[str, Tensor] | None = None,
          img_size: int | Sequence[int] | None = None, mean: Sequence[float] | None = None,
          std: Sequence[float] | None = None) -> PromptedModel:
    """A frozen model with a tuning method inside its backbone, its pretrained weights loaded.

    Args:
        source: what one has:

            - a name: of timm ('vit_base_patch16_224.augreg_in21k') or of mmpretrain ('swin-base_16xb64_in1k');
            - a config of OpenMMLab's: its path, 'package::path', the config itself, or that of a backbone alone;
            - a module with its own weights, of which a copy is made: a ViT of timm's, a backbone of OpenMMLab's, or
              what ``get_model`` of mmpretrain and ``init_model`` of mmseg return; or a module of one's own that takes
              images and nothing else, in which blocks of known classes are found by structure.
        tuning: config of a tuning method, such as ``dict(type='DeepPrompt', length=10)``, or a list of them; by default
            that of a config that has one.
        classes: how many there are, or their names. A new head tells them apart; by default the head of the source
            stays, and where it has none, features come out. Of a module of one's own, the names alone are kept.
        head: config of a head of mmpretrain's or mmseg's, in place of a linear classifier: with one of mmseg's, such as
            ``dict(type='FCNHead', channels=256)``, the model segments. Of a module of one's own, the name of the part
            that learns as a head, or a list of names.
        checkpoint: frozen weights, in place of those that the source names: a path, an address, ``timm://NAME`` or
            ``hf-hub:NAME``, or a state dict.
        img_size: side in pixels, or (height, width), of a model by name or of a backbone's config.
        mean: of RGB in 0..1, by which images are normalised; that of the weights where it is known, else ImageNet's.
        std: the same.

    Raises:
        UsageError: an unknown name (with the nearest), a class or method that can't be prompted, weights that are not
            there or do not fit, or what the method and the heads refuse.
    """
    count, names = configs.class_count(classes)
    found = read_source(source, img_size)
    if isinstance(checkpoint, Mapping):
        found = found._replace(state=checkpoint)
    elif checkpoint is not None:
        found = found._replace(weights=str(checkpoint), state=None)
    looks = dict(img_size=img_size, mean=mean, std=std)
    if found.module is not None:
        model, config = _adapt_own(found.module, tuning, head, **looks)
    elif found.config is not None:
        model, config = _adapt_config(found, tuning, count, head=head, **looks)
    else:
        model, config = _adapt_backbone(found, tuning, count, head, **looks)
    if isinstance(source, nn.Module):
        model.to(*device_of(source))
    return PromptedModel(model, config=config, classes=names)


def _adapt_backbone(source: Source, tuning: Any, count: int | None, head: Any, *, img_size: Any, mean: Any,
                    std: Any) -> tuple[Any, dict[str, Any]]:
    """The model around a backbone's config, and its config."""
    assert source.backbone is not None
    scope = configs.scope_of(source.backbone.get('type'))
    backbone = configs.prompted_backbone_config(source.backbone, tuning, checkpoint=source.weights, scope=scope)
    if img_size is not None:
        backbone['img_size'] = img_size
    view = source.view or View(build_backbone({**backbone, 'tuning': dict(type='LinearProbe')},
                                              scope=scope).host.image_size)
    fresh = count is not None or head is not None
    config = configs.around(backbone, view.normalised(mean, std), classes=count if fresh else source.classes, head=head,
                    scope=scope)
    model = build(config, _state(source, fresh))
    for name, given in (('mean', mean), ('std', std)):
        known = model.backbone.facts.get(name)  # of the weights, now that they are loaded
        if given is None and known:
            config.model.data_preprocessor[name] = [255 * value for value in known]
            getattr(model.data_preprocessor, name).copy_(255 * torch.tensor(known)[:, None, None])
    return model, config.to_dict()


def _adapt_config(source: Source, tuning: Any, count: int | None, **given: Any) -> tuple[Any, dict[str, Any]]:
    """The model of a whole config, and the config."""
    said = [name for name, value in given.items() if value is not None]
    if said:
        raise UsageError(f'a config says its own {some(said)}: change it there, or give the name of a model.')
    config = configs.prompted_config(source.config, tuning, checkpoint=source.weights)
    if count is not None:
        configs.set_classes(config, count)
    model = build(config, _state(source, count is not None))
    if count is None and source.weights is not None:
        load_heads(model, source.weights)
    require_normalization(model)
    return model, config.to_dict()


def _state(source: Source, fresh: bool) -> Mapping[str, Tensor] | None:
    """The weights of a source: without a head where there is a new one."""
    if source.state is None or not fresh or not any(key.startswith(PREFIX) for key in source.state):
        return source.state
    return {key: tensor for key, tensor in source.state.items() if key.startswith(PREFIX)}


def _adapt_own(module: nn.Module, tuning: Any, head: Any, *, img_size: Any, mean: Any,
               std: Any) -> tuple[Any, dict[str, Any]]:
    """The prompted copy of a module of one's own, and what is known of its images."""
    configs.require_tuning(tuning)
    heads = [head] if isinstance(head, str) else list(head or ())
    if not all(isinstance(name, str) for name in heads) or isinstance(head, Mapping):
        raise UsageError(f'head names the parts of a {type(module).__name__} that learn as a head, such as '
                         f"{some([name for name, _ in module.named_children()], 4)}; got {head!r}.")
    model = prompted_module(module, tuning, heads)
    view = View(pair(img_size or model.host.image_size)).normalised(mean, std)
    config = Config(dict(model={}, data_preprocessor=view.preprocessor('classification'),
                         test_dataloader=dict(dataset=dict(pipeline=view.pipeline('classification')))))
    return model, config.to_dict()
