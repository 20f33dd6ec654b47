"""Prompts among the tokens: VPT-deep and VPT-shallow (Jia et al. 2022, section 3.2)."""
import math
from itertools import groupby

import torch
import torch.nn.functional as F
from mmengine.registry import MODELS
from torch import nn

from ..errors import UsageError
from .method import TuningMethod
from .prototypes import read_prototypes


def prompt_bound(patch, width):
    """Prompts start uniform within this bound: Xavier's for an embedding of (h, w) patches (the paper's recipe)."""
    return (6 / (3 * math.prod(patch) + width)) ** 0.5


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
        self.check_count('length', length)
        if not isinstance(dropout, (int, float)) or not 0 <= dropout < 1:
            raise UsageError(f'{type(self).__name__}: dropout must be in [0, 1), got {dropout!r}.')
        self.length = length
        self.dropout = float(dropout)

    def new_tokens(self, backbone, *shape, width=None):
        bound = prompt_bound(backbone.first_conv.kernel_size, width or backbone.block_widths[0])
        return nn.Parameter(torch.empty(*shape).uniform_(-bound, bound))

    def drop(self, tokens, batch):
        """(P, C), or (batch, P, C) where dropout tells images apart."""
        if not (self.training and self.dropout):
            return tokens
        return F.dropout(tokens.expand(batch, -1, -1), self.dropout)


@MODELS.register_module()
class DeepPrompt(TokenPrompt):
    """VPT-deep: every block has prompts of its own.

    ``tokens``: (blocks, length, C), or one such parameter for each stage of a backbone whose stages differ
    in width. The paper trains classifiers with a dropout of 0.1. The other options are its ablations
    (section 4.3 and appendix). Where blocks follow the last prompted one, its prompts travel on through them.

    Args:
        first: first prompted block, counted from 1.
        last: last prompted block; the backbone's last by default.
        shared_within: one vector stands for all prompts of a block.
        shared_across: the blocks, or those of a stage, have the same prompts.
        width: prompts are this wide, and a learned projection, one for each stage, brings them to C.
        fixed: prompts stay as they were initialised.
        prototypes: file of vpt-mm prototypes: one prompt for each class, in place of a random
            initialisation.

    Raises:
        UsageError: blocks outside the backbone, a width below 1, prototypes that do not fit.
    """

    def __init__(self, length, *, first=1, last=None, shared_within=False, shared_across=False, width=None,
                 fixed=False, prototypes=None, dropout=0.):
        super().__init__(length, dropout=dropout)
        if width is not None:
            self.check_count('width', width)
        self.first, self.last, self.width = first, last, width
        self.shared_within, self.shared_across = shared_within, shared_across
        self.fixed, self.prototypes = fixed, prototypes

    def build_for(self, backbone):
        widths = backbone.block_widths
        last = len(widths) if self.last is None else self.last
        if not 1 <= self.first <= last <= len(widths):
            raise UsageError(f'DeepPrompt: first and last must be blocks 1..{len(widths)} in order, got {self.first} '
                             f'and {self.last}.')
        self.prompted = range(self.first - 1, last)
        self.joining = last - 1 if last < len(widths) or backbone.reads_prompts else None
        stages = [(len(list(blocks)), width) for width, blocks in groupby(widths[self.first - 1:last])]
        self.depths = [depth for depth, _ in stages]
        tokens = [self.new_stage(backbone, depth, width) for depth, width in stages]
        self.tokens = tokens[0] if len(tokens) == 1 else nn.ParameterList(tokens)
        if self.width is not None:
            self.projections = nn.ModuleList(nn.Linear(self.width, width) for _, width in stages)

    @property
    def travels(self):
        return self.joining is not None

    def new_stage(self, backbone, depth, width):
        shape = (1 if self.shared_across else depth, 1 if self.shared_within else self.length, self.width or width)
        tokens = self.new_tokens(backbone, *shape, width=self.width)
        if self.prototypes is not None:
            tokens.data.copy_(read_prototypes(self.prototypes, shape=shape[1:]))
        return tokens.requires_grad_(not self.fixed)

    def prompts(self, block, batch):
        if block not in self.prompted or block == self.joining:
            return None
        return self.drop(self.tokens_of(block), batch)

    def join(self, tokens, block):
        if block != self.joining:
            return tokens
        return append(tokens, self.drop(self.tokens_of(block), len(tokens)))

    def tokens_of(self, block):
        """(P, C): the prompts of a block."""
        block -= self.prompted[0]
        stages = self.tokens if isinstance(self.tokens, nn.ParameterList) else [self.tokens]
        stage = 0
        while block >= self.depths[stage]:
            block -= self.depths[stage]
            stage += 1
        tokens = stages[stage]
        prompts = tokens[0 if self.shared_across else block].expand(self.length, -1)
        return prompts if self.width is None else self.projections[stage](prompts)


@MODELS.register_module()
class ShallowPrompt(TokenPrompt):
    """VPT-shallow: prompts enter with the first block and travel on as tokens.

    ``tokens``: (length, C).
    """

    travels = True

    def build_for(self, backbone):
        self.tokens = self.new_tokens(backbone, self.length, backbone.block_widths[0])

    def join(self, tokens, block):
        if block > 0:
            return tokens
        return append(tokens, self.drop(self.tokens, len(tokens)))


def append(tokens, prompts):
    """(B, N, C) and (P, C) or (B, P, C) to (B, N + P, C)."""
    return torch.cat([tokens, prompts.expand(len(tokens), -1, -1).to(tokens.dtype)], dim=1)
