"""PrefixPrompt: prompts that are keys and values themselves."""
from __future__ import annotations

import torch
from torch import Tensor, nn

from .host import Host
from .method import Memory, Place, TuningMethod
from .prompts import bound_for
from .registry import TUNING_METHODS


@TUNING_METHODS.register_module()
class PrefixPrompt(TuningMethod):
    """Keys and values of every block, learned directly (Li and Liang 2021, prefix tuning).

    ``tokens.i``: (2, length, C) of block i, keys and then values.

    Args:
        length: number of keys and of values that a block's tokens see beside their own.

    Raises:
        UsageError: a length that is not a positive integer.
    """

    mixes = True

    def __init__(self, length: int) -> None:
        super().__init__()
        self.check_count('length', length)
        self.length = length

    def build_for(self, backbone: Host) -> None:
        bound = bound_for(backbone, backbone.block_widths[0])
        self.tokens = nn.ParameterList(torch.empty(2, self.length, width).uniform_(-bound, bound)
                                       for width in backbone.block_widths)

    def prefixes(self, place: Place, memory: Memory) -> Tensor:
        return self.tokens[place.block]
