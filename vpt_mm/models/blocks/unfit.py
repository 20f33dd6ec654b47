"""Blocks that no prompt can enter, and why."""
from __future__ import annotations

from collections.abc import Iterable

from torch import nn

from .kind import name_of

CHANNELS = ('whose attention is between channels: sums over all tokens stand where each token would have a key, so no '
            'prompt can be seen beside them')
REASONS = {  # by the name of the class, as in `blocks.kind`
    'mmpretrain.models.backbones.xcit.XCABlock': CHANNELS,
    'mmpretrain.models.backbones.davit.ChannelBlock': CHANNELS,
    'mmpretrain.models.backbones.edgenext.SDTAEncoder': CHANNELS}


def reason_against(modules: Iterable[nn.Module]) -> str:
    """Why prompts can't enter blocks among these modules; empty if nothing is known against it."""
    names = (name_of(type(module)) for module in modules)
    return next((REASONS[name] for name in names if name in REASONS), '')
