"""AddedPrompt: prompts added to the tokens instead of standing beside them."""
from __future__ import annotations

from itertools import groupby

import torch
from torch import Tensor, nn

from ..errors import UsageError
from .host import Host
from .method import Memory, Place, TuningMethod
from .prompts import bound_for
from .registry import TUNING_METHODS


@TUNING_METHODS.register_module()
class AddedPrompt(TuningMethod):
    """Learned vectors that are added to the tokens (Jia et al. 2022, ablation of the prompt location).

    ``tokens``: (blocks, N or 1, C), or one such parameter for each stage of a backbone with several.

    Args:
        shared: one vector for all tokens, in place of one for each.
        deep: at every block, in place of the first alone.

    Raises:
        UsageError: one vector for each token, and another number of tokens than built for.
    """

    def __init__(self, *, shared: bool = False, deep: bool = False) -> None:
        super().__init__()
        self.shared, self.deep = shared, deep

    def build_for(self, backbone: Host) -> None:
        bound = bound_for(backbone, backbone.block_widths[0])
        shapes = [(1 if self.shared else count, width)
                  for count, width in zip(backbone.block_tokens, backbone.block_widths)]
        stages = [(len(list(blocks)), *shape) for shape, blocks in groupby(shapes if self.deep else shapes[:1])]
        self.tokens = nn.ParameterList(torch.empty(*shape).uniform_(-bound, bound) for shape in stages)

    def before(self, tokens: Tensor, place: Place, memory: Memory) -> Tensor:
        block = place.block
        for added in self.tokens:
            if block < len(added):
                return tokens + self.fitting(added[block], tokens)
            block -= len(added)
        return tokens

    def fitting(self, added: Tensor, tokens: Tensor) -> Tensor:
        if len(added) not in (1, tokens.shape[1]):
            raise UsageError(f'AddedPrompt was built for {len(added)} tokens and meets {tokens.shape[1]}: keep to the '
                             'img_size of the backbone and add no prompts that travel, or set shared=True.')
        return added.to(tokens.dtype)
