"""adapt(): a frozen, prompted model of a name, a config or a module."""
from __future__ import annotations

import difflib
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from os import PathLike
from typing import Any

from mmengine.config import Config
from mmengine.logging import MMLogger
from mmengine.registry import DefaultScope
from torch import Tensor, nn

from ..errors import UsageError, some
from ..models.build import build_model
from ..models.frozen import frozen_keys, prompted_backbones, require_normalization, require_pretrained
from ..tasks.hosted import CLASSES
from ..weights.state import compare_state
from . import names
from .configs import around, class_count, prompted_backbone_config, prompted_config, require_tuning, scope_of, \
    set_classes
from .model import PromptedModel
from .modules import PREFIX, describe_module
from .own import device_of, prompted_module
from .views import View, pair, view_of

FITTING = ('timm.VisionTransformer', 'timm.Eva', *CLASSES)  # which a method of prompts finds its way into


def adapt(source: str | PathLike[str] | Mapping[str, Any] | nn.Module, tuning: Any = None, *,
          classes: int | Sequence[str] | None = None, head: Any = None,
          checkpoint: str | PathLike[str] | Mapping[str, Tensor] | None = None, img_size: Any = None,
          mean: Sequence[float] | None = None, std: Sequence[float] | None = None) -> PromptedModel:
    """A frozen model with a tuning method inside its backbone, its pretrained weights loaded.

    Args:
        source: what one has:

            - a name: of timm ('vit_base_patch16_224.augreg_in21k') or of mmpretrain ('swin-base_16xb64_in1k');
            - a config of OpenMMLab's: its path, 'package::path', the config itself, or that of a backbone alone;
            - a module with its own weights, of which a copy is made: a ViT of timm's, a backbone of OpenMMLab's or a
              model of its libraries' ``get_model`` and ``init_model``; or a module of one's own, in whose forward pass,
              of images alone, blocks of known classes are found by structure.
        tuning: config of a tuning method, such as ``dict(type='DeepPrompt', length=10)``, or a list of them; by default
            that of a config that has one.
        classes: how many there are, or their names. A new head tells them apart; by default the head of the source
            stays, and where it has none, features come out.
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
    count, labels = class_count(classes)
    state = checkpoint if isinstance(checkpoint, Mapping) else None
    weights = None if checkpoint is None or state is not None else str(checkpoint)
    view: View | None = None
    backbone: dict[str, Any] | None = None
    config: Any = None
    kept: int | None = None
    if isinstance(source, nn.Module):
        described = describe_module(source)
        if described is None:
            return _adapt_own(source, tuning, head, labels, img_size, mean, std)
        state = state or described.state
        backbone, config, view, kept = described.backbone, described.config, described.view, described.classes
    elif isinstance(source, Mapping):
        backbone, config = (None, source) if 'model' in source else (dict(source), None)
    elif isinstance(source, (str, PathLike)):
        found = names.find(os.fspath(source), img_size)
        backbone, config, view = found.backbone, found.config, found.view
        weights = weights or found.weights
    else:
        raise UsageError(f'adapt takes the name of a model, a config or a module, got {type(source).__name__}.')
    if config is None:
        made = _around(backbone or {}, tuning, view=view, weights=weights, given=state is not None, img_size=img_size,
                       mean=mean, std=std, head=head, count=count if count is not None or head is not None else kept)
    else:
        _refuse_for_config(head=head, img_size=img_size, mean=mean, std=std)
        made = prompted_config(config, tuning, checkpoint=weights)
        if count is not None:
            set_classes(made, count)
    if count is not None and state is not None:
        state = {key: tensor for key, tensor in state.items() if key.startswith(PREFIX)}  # a new head starts anew
    model = build(made, state)
    if config is not None:
        require_normalization(model)
    if isinstance(source, nn.Module):
        model.to(*device_of(source))
    return PromptedModel(model, config=made.to_dict(), classes=labels)


def _around(backbone: dict[str, Any], tuning: Any, *, view: View | None, weights: str | None, given: bool,
            img_size: Any, mean: Any, std: Any, head: Any, count: int | None) -> Config:
    """The config of a whole model around a backbone's."""
    scope = scope_of(backbone.get('type'))
    try:
        made = prompted_backbone_config(backbone, tuning, checkpoint=weights, scope=scope)
        if given:
            made['init_cfg'] = None
        if img_size is not None:
            made['img_size'] = img_size
        if view is None:
            from ..prompting.trial import build_backbone
            view = view_of(build_backbone({**made, 'tuning': dict(type='LinearProbe')}, scope=scope))
        return around(made, view.normalised(mean, std), classes=count, head=head, scope=scope)
    except UsageError as error:
        near = names.nearest_of_mmpretrain(made['model']) if 'made' in locals() and 'model' in made else []
        if str(error).startswith('PromptedTimmViT takes') and near:
            raise UsageError(f'{error} The nearest in mmpretrain are {", ".join(near)}.') from None
        raise


def build(config: Config, state: Mapping[str, Tensor] | None = None) -> Any:
    """The whole model of a config, with its pretrained weights.

    Args:
        config: of a whole model, prompted.
        state: {key: tensor} of weights, in place of those that ``init_cfg`` names.

    Raises:
        UsageError: frozen weights that came from nowhere or are not finite, or a state that does not fit.
    """
    with quiet():
        if state is not None:
            config.model.backbone.init_cfg = None
        model = build_model(config)
        state = None if state is None else _named_as_whole(state, model)
        if state is not None:
            model.load_state_dict(state, strict=False)  # so that no random values are made for these
        with DefaultScope.overwrite_default_scope(config.get('default_scope', 'mmengine')):
            model.init_weights()
        if state is not None:
            own = model.state_dict()
            difference = compare_state(state, own, needed=frozen_keys(model)).describe()
            if difference:
                raise UsageError(f'the weights do not fit the model: {difference}.')
            model.load_state_dict(state, strict=False)
    require_pretrained(model)
    for backbone in prompted_backbones(model).values():
        if state is not None and not backbone.tuning.trains_backbone:
            backbone.originals = {name: parameter.detach().clone() for name, parameter in backbone.named_parameters()
                                  if name in backbone.trained}
    return model


def _named_as_whole(state: Mapping[str, Tensor], model: Any) -> dict[str, Tensor]:
    """A state dict of the model, or of its backbone alone, under the names of the model."""
    whole = any(key.startswith(PREFIX) for key in state)
    own = model.state_dict()
    return {name: tensor for key, tensor in state.items() if (name := key if whole else PREFIX + key) in own}


def _adapt_own(module: nn.Module, tuning: Any, head: Any, labels: list[str], img_size: Any, mean: Any,
               std: Any) -> PromptedModel:
    require_tuning(tuning)
    heads = [head] if isinstance(head, str) else list(head or ())
    if not all(isinstance(name, str) for name in heads):
        raise UsageError(f'head names the parts of a {type(module).__name__} that learn as a head, such as '
                         f"{some([name for name, _ in module.named_children()], 4)}; got {head!r}.")
    try:
        model = prompted_module(module, tuning, heads)
    except UsageError as error:
        raise UsageError(f'{error}{nearest_class(module)}') from None
    view = View(pair(img_size or model.host.image_size)).normalised(mean, std)
    config = dict(model={}, data_preprocessor=view.preprocessor('classification'),
                  test_dataloader=dict(dataset=dict(pipeline=view.pipeline('classification'))))
    return PromptedModel(model, config=config, classes=labels)


def nearest_class(module: nn.Module) -> str:
    """A sentence with the classes nearest to that of a module into which prompts find their way."""
    name = type(module).__name__
    known = {one.rpartition('.')[2].lower(): one for one in FITTING}
    near = [known[one] for one in difflib.get_close_matches(name.lower(), known, n=2, cutoff=0.5)]
    return f' The nearest classes that can be prompted are {", ".join(near or FITTING[:3])}.'


def _refuse_for_config(**given: Any) -> None:
    said = [name for name, value in given.items() if value is not None]
    if said:
        raise UsageError(f'a config says its own {some(said)}: change it there, or give the name of a model.')


@contextmanager
def quiet() -> Iterator[None]:
    """Context without what mmengine logs of every parameter."""
    logger = MMLogger.get_current_instance()
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)
