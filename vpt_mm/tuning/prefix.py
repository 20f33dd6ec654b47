"""PrefixPrompt: prompts that are keys and values themselves."""
from __future__ import annotations

from itertools import groupby
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import UsageError
from .host import Host
from .method import Memory, Place, TuningMethod
from .prompts import bound_for
from .registry import TUNING_METHODS


@TUNING_METHODS.register_module()
class PrefixPrompt(TuningMethod):
    """Keys and values of every block, learned directly (Li and Liang 2021, prefix tuning).

    Beside VPT-deep they are the key-value prompts of E2VPT (Han et al. 2023, arXiv 2307.13770, section 3.2), which
    heads may share, and keys with values.

    ``tokens.i``: (2, length, C) of block i, keys and then values; (1, ...) where they are tied, and d = C / heads in
    place of C where heads share them. These are 2 * length * C parameters a block, down to length * d with both.

    Args:
        length: number of keys and of values that a block's tokens see beside their own.
        shared_heads: all heads of a block have the same.
        tied: one set of vectors is both the keys and the values.

    Raises:
        UsageError: a length that is not a positive integer, or a block that doesn't say how many heads it has.
    """

    mixes = True

    def __init__(self, length: int, *, shared_heads: bool = False, tied: bool = False) -> None:
        super().__init__()
        self.check_count('length', length)
        self.length = length
        self.shared_heads, self.tied = shared_heads, tied

    def build_for(self, backbone: Host) -> None:
        bound = bound_for(backbone, backbone.block_widths[0])
        self.heads = [heads_of(block, backbone) if self.shared_heads else 1 for block in backbone.blocks]
        self.tokens = nn.ParameterList(
            torch.empty(1 if self.tied else 2, self.length, width // heads).uniform_(-bound, bound)
            for width, heads in zip(backbone.block_widths, self.heads))

    def begin(self, inputs: Tensor, backbone: Any, **given: Any) -> Memory:
        """While training, what heads share is copied for all blocks of a shape at once, which starts fewer kernels."""
        if not (self.shared_heads and torch.is_grad_enabled()):
            return {}
        copied: list[Tensor] = []
        for (_, heads), stage in groupby(zip(self.tokens, self.heads), key=lambda pair: (pair[0].shape, pair[1])):
            copied += torch.stack([tokens for tokens, _ in stage]).repeat(1, 1, 1, heads).unbind(0)
        return dict(copied=copied)

    def prefixes(self, place: Place, memory: Memory) -> Tensor:
        if 'copied' in memory:
            tokens: Tensor = memory['copied'][place.block]
        else:
            tokens = self.tokens[place.block]
            tokens = tokens.repeat(1, 1, self.heads[place.block]) if self.shared_heads else tokens
        return tokens.expand(2, -1, -1)


def heads_of(block: Any, backbone: Host) -> int:
    """Number of heads of a block's attention.

    Raises:
        UsageError: it doesn't say.
    """
    found = {module.num_heads for module in block.modules() if isinstance(getattr(module, 'num_heads', None), int)}
    if len(found) != 1:
        raise UsageError(f'PrefixPrompt: shared_heads needs blocks that say how many heads they have, and those of '
                         f'{backbone.title} say {sorted(found) or "nothing"}: leave it out.')
    return found.pop()
