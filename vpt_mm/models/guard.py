"""A backbone without its frozen weights: restores them, or computes nothing that would be random."""
from __future__ import annotations

from typing import Any

from ..errors import UsageError, some
from .weightless import has_values


def await_weights(backbone: Any) -> None:
    """Called once the method is built: until the weights that ``init_cfg`` names are loaded, nothing is trained."""
    if backbone.pretrained_source:
        backbone.register_forward_pre_hook(refuse_unloaded)


def refuse_unloaded(backbone: Any, inputs: Any) -> None:
    """A forward pre-hook of what was built to load weights, and never did."""
    if backbone.training and not backbone.may_be_random and has_values(backbone):
        raise UsageError(
            f'{type(backbone).__name__} was built to load {backbone.pretrained_source} and never did, so that prompts '
            'would learn on random weights: call init_weights() on the model before the first step, or load a state '
            'dict with all of its weights. To learn on random ones all the same, set may_be_random=True on it.')


def welcome(backbone: Any) -> None:
    """Called once all weights are there: the backbone is trained from now on."""
    _drop(backbone, refuse_unloaded)


def complete(backbone: Any) -> None:
    """Called as weights are loaded into a model: restore what its ``init_cfg`` names and no file has loaded yet.

    Where that is impossible the backbone refuses to compute, until it has its weights.
    """
    if backbone.pretrained_source and _absent(backbone):
        backbone.init_weights()
    hooks = backbone._forward_pre_hooks
    if not _absent(backbone):
        welcome(backbone)
    elif refuse_random not in hooks.values():
        backbone.register_forward_pre_hook(refuse_random)


def refuse_random(backbone: Any, inputs: Any) -> None:
    """A forward pre-hook."""
    absent = _absent(backbone)
    if absent:
        raise UsageError(
            f'the checkpoint that was loaded holds prompts and heads, and not the frozen weights of '
            f'{type(backbone).__name__} ({some(absent, 3)}), which would be random: keep init_cfg on the backbone of '
            'the config. Some functions drop it (init_detector of mmdet, init_model of mmseg for type='
            "'EncoderDecoder'): predict by vpt_mm.apis.TaskInferencer then, or write type='mmseg.EncoderDecoder'.")
    _drop(backbone, refuse_random)


def _drop(backbone: Any, hook: Any) -> None:
    for key, one in list(backbone._forward_pre_hooks.items()):
        if one is hook:
            del backbone._forward_pre_hooks[key]


def _absent(backbone: Any) -> list[str]:
    """The frozen weights that came from nowhere, where that matters."""
    if backbone.tuning is None or backbone.may_be_random:
        return []
    return [key for key, tensor in backbone.frozen_weights.items()
            if key not in backbone.loaded and tensor.device.type != 'meta']
