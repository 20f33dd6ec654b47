"""PrefixPrompt: prompts that are keys and values themselves."""
import torch
from mmengine.registry import MODELS
from torch import nn

from .method import TuningMethod
from .prompts import prompt_bound


@MODELS.register_module()
class PrefixPrompt(TuningMethod):
    """Keys and values of every block, learned directly (Li and Liang 2021, prefix tuning).

    ``tokens.i``: (2, length, C) of block i, keys and then values.

    Args:
        length: number of keys and of values that a block's tokens see beside their own.

    Raises:
        UsageError: a length that is not a positive integer.
    """

    def __init__(self, length):
        super().__init__()
        self.check_count('length', length)
        self.length = length

    def build_for(self, backbone):
        bound = prompt_bound(backbone.first_conv.kernel_size, backbone.block_widths[0])
        self.tokens = nn.ParameterList(torch.empty(2, self.length, width).uniform_(-bound, bound)
                                       for width in backbone.block_widths)

    def prefixes(self, block):
        return self.tokens[block] if block < len(self.tokens) else None
