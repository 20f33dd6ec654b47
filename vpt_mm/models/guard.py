"""A backbone that got the prompts of a checkpoint, and no frozen weights: restores them, or computes nothing."""
from __future__ import annotations

from typing import Any

from ..errors import UsageError, some


def complete(backbone: Any) -> None:
    """Called as weights are loaded into a model: restore what its ``init_cfg`` names and no file has brought yet.

    Where that is impossible the backbone refuses to compute, until it has its weights.
    """
    if backbone.pretrained_source and _absent(backbone):
        backbone.init_weights()
    hooks = backbone._forward_pre_hooks
    if _absent(backbone) and refuse_random not in hooks.values():
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
    for key, hook in list(backbone._forward_pre_hooks.items()):
        if hook is refuse_random:
            del backbone._forward_pre_hooks[key]


def _absent(backbone: Any) -> list[str]:
    """The frozen weights that came from nowhere, where that matters."""
    if backbone.tuning is None or backbone.may_be_random:
        return []
    return [key for key, tensor in backbone.frozen_weights.items()
            if key not in backbone.loaded and tensor.device.type != 'meta']
