"""build(): the whole model of a prompted config, with its pretrained weights."""
from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from mmengine.config import Config
from mmengine.logging import MMLogger
from mmengine.registry import DefaultScope
from torch import Tensor

from ..errors import UsageError
from ..models.build import build_model
from ..models.frozen import frozen_keys, prompted_backbones, require_pretrained
from ..weights.files import fetch
from ..weights.state import compare_state
from .modules import PREFIX


def build(config: Config, state: Mapping[str, Tensor] | None = None) -> Any:
    """The whole model of a config, with its pretrained weights.

    Args:
        config: of a whole model, prompted.
        state: {key: tensor} of weights, under the names of the model or of its backbone, in place of those that
            ``init_cfg`` names.

    Raises:
        UsageError: frozen weights that came from nowhere or are not finite, or a state that does not fit.
    """
    if state is not None:
        config.model.backbone.init_cfg = None
    with quiet():
        model = build_model(config)
        if state is None:
            _require_sources(model)
            _initialise(model, config)
        else:
            _give(model, config, state)
    require_pretrained(model)
    return model


def _require_sources(model: Any) -> None:
    for backbone in prompted_backbones(model).values():
        if not backbone.pretrained_source:
            raise UsageError(f'the config of this {backbone.title} names no weights: say where they are, '
                             "checkpoint='FILE', by a path, an address, timm://NAME or a state dict.")


def _initialise(model: Any, config: Config) -> None:
    with DefaultScope.overwrite_default_scope(config.get('default_scope', 'mmengine')):
        model.init_weights()


def _give(model: Any, config: Config, state: Mapping[str, Tensor]) -> None:
    """Load a state dict, and make random values for nothing but what it lacks."""
    whole = any(key.startswith(PREFIX) for key in state)
    named = {key if whole else PREFIX + key: tensor for key, tensor in state.items()}
    difference = compare_state(named, model.state_dict(), needed=frozen_keys(model)).describe()
    if difference:
        raise UsageError(f'the weights do not fit the model: {difference}.')
    model.load_state_dict(named, strict=False)
    _initialise(model, config)  # the heads: a backbone that has all of its weights keeps them
    model.load_state_dict(named, strict=False)
    for backbone in prompted_backbones(model).values():
        if not backbone.tuning.trains_backbone:
            backbone.originals = {name: parameter.detach().clone() for name, parameter in backbone.named_parameters()
                                  if name in backbone.trained}


def load_heads(model: Any, weights: str) -> None:
    """Load what the file of a whole model has for the model's head: all of it, or nothing of a file without one."""
    with quiet():
        found = fetch(weights).get('state_dict') or {}
    own = {key: tensor for key, tensor in model.state_dict().items() if not key.startswith(PREFIX)}
    state = {key: found[key] for key in own if key in found}
    if state and not compare_state(state, own).describe():
        model.load_state_dict(state, strict=False)


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
