"""Prompts among the tokens: VPT-deep and VPT-shallow (Jia et al. 2022, section 3.2)."""
import torch
import torch.nn.functional as F
from mmengine.registry import MODELS
from torch import nn

from ..errors import UsageError
from .method import TuningMethod


def prompt_bound(patch_size, width):
    """Prompts start uniform within this bound: Xavier's for a patch embedding (the paper's recipe)."""
    return (6 / (3 * patch_size ** 2 + width)) ** 0.5


class TokenPrompt(TuningMethod):
    """What VPT-deep and VPT-shallow share.

    Args:
        length: prompt length, the number of prompts that a block sees.
        dropout: probability of zeroing a prompt's element while training, drawn for every image.

    Raises:
        UsageError: a length that is not a positive integer, a dropout outside [0, 1).
    """

    def __init__(self, length, *, dropout=0.):
        super().__init__()
        if isinstance(length, bool) or not isinstance(length, int) or length < 1:
            raise UsageError(f'{type(self).__name__}: length must be a whole number of at least 1, got {length!r}.')
        if not isinstance(dropout, (int, float)) or not 0 <= dropout < 1:
            raise UsageError(f'{type(self).__name__}: dropout must be in [0, 1), got {dropout!r}.')
        self.length = length
        self.dropout = float(dropout)

    def new_tokens(self, backbone, *shape):
        bound = prompt_bound(backbone.patch_size, backbone.block_widths[0])
        return nn.Parameter(torch.empty(*shape).uniform_(-bound, bound))

    def drop(self, tokens, batch):
        """(P, C), or (batch, P, C) where dropout tells images apart."""
        if not (self.training and self.dropout):
            return tokens
        return F.dropout(tokens.expand(batch, -1, -1), self.dropout)


@MODELS.register_module()
class DeepPrompt(TokenPrompt):
    """VPT-deep: every block has prompts of its own.

    ``tokens``: (blocks, length, C). The paper trains classifiers with a dropout of 0.1.
    """

    def build_for(self, backbone):
        widths = backbone.block_widths
        self.tokens = self.new_tokens(backbone, len(widths), self.length, widths[0])

    def prompts(self, block, batch):
        return self.drop(self.tokens[block], batch)


@MODELS.register_module()
class ShallowPrompt(TokenPrompt):
    """VPT-shallow: prompts enter with the first block and travel on as tokens.

    ``tokens``: (length, C).
    """

    def build_for(self, backbone):
        self.tokens = self.new_tokens(backbone, self.length, backbone.block_widths[0])

    def join(self, tokens, block):
        if block > 0:
            return tokens
        prompts = self.drop(self.tokens, len(tokens)).expand(len(tokens), -1, -1)
        return torch.cat([tokens, prompts.to(tokens.dtype)], dim=1)
