"""Rein: learned tokens that refine the features behind every block (Wei et al. 2023)."""
from __future__ import annotations

import math
from itertools import groupby
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import UsageError
from .host import Host
from .method import Memory, Place, TuningMethod
from .prompts import bound_for
from .registry import TUNING_METHODS

START = 0.001  # of the scale
UNLINKED = ("Rein's link without Mask2Former: no head takes the queries that it makes. Set type='LinkedModel', "
            "of='mmseg.EncoderDecoder' on a model with a Mask2Former head, or leave link out under another head.")


@TUNING_METHODS.register_module()
class Rein(TuningMethod):
    """Patches attend over low-rank tokens behind each block, and what they read refines them (Wei et al. 2023,
    arXiv 2312.04265, section 3).

    Of the patches f (N, C) behind block i, with tokens T_i = A_i B_i (length, C)::

        S = softmax(f T_i^T / sqrt(C))
        f + scale * ((S[:, 1:] (T_i[1:] W_T + b_T) + f) W_f + b_f)

    The first token takes attention and gives nothing. W_T, b_T, W_f and b_f are shared by all blocks, or, where stages
    differ in width, by those of a stage. Class tokens, registers and prompts that travel pass by.

    ``scale`` is one number that starts at 0.001, so that the backbone starts close to what it was, and not at it: with
    W_f at zero as well, neither of the two would move at first. Tokens start with the variance of VPT's prompts.

    Parameters, of L blocks of width C: L * rank * (length + C) + 2 * (C^2 + C) + 1; the link adds
    C * link + link + 3 * link^2 + link.

    Args:
        length: tokens a block.
        rank: of their matrix.
        link: width of the queries that a head takes from the tokens (:meth:`queries`), such as 256 for Mask2Former,
            whose model is then a ``LinkedModel``; None leaves the head alone.

    Raises:
        UsageError: fewer than 2 tokens, a rank above their number or the width of a block, or, in the first pass, a
            link whose queries no head takes.
    """

    part = 'learned tokens'

    def __init__(self, length: int = 100, *, rank: int = 16, link: int | None = None) -> None:
        super().__init__()
        self.check_count('length', length)
        self.check_count('rank', rank)
        if link is not None:
            self.check_count('link', link)
        if length < 2:
            raise UsageError(f'Rein: length must be at least 2, since nothing is read of the first token, got '
                             f'{length}.')
        self.length, self.rank, self.link = length, rank, link
        self.linked = False  # True: a head takes the queries

    @classmethod
    def misfit(cls, backbone: Host) -> str:
        return super().misfit(backbone) or ('' if 'before' in backbone.seams else backbone.lacking)

    def build_for(self, backbone: Host) -> None:
        most = min(self.length, *backbone.block_widths)
        if self.rank > most:
            raise UsageError(f'Rein: rank must be 1..{most}, the smaller of length and the narrowest block of '
                             f'{backbone.title}, got {self.rank}.')
        self.stages = nn.ModuleList(
            Tokens(len(list(blocks)), self.length, self.rank, width, bound=bound_for(backbone, width), link=self.link)
            for width, blocks in groupby(backbone.block_widths))
        self.scale = nn.Parameter(torch.full((1,), START))
        if self.link is not None:
            self.join = nn.Linear(3 * self.link, self.link)

    def begin(self, inputs: Tensor, backbone: Any, **given: Any) -> Memory:
        if self.link is not None and not self.linked:
            raise UsageError(UNLINKED)
        stages: Any = self.stages
        return dict(refiners=[refiner for stage in stages for refiner in stage.refiners(self.scale)])

    def after_ffn(self, branch: Tensor, tokens: Tensor, place: Place, memory: Memory) -> Tensor:
        patches = (tokens + branch)[:, place.extra:place.count]
        if not patches.shape[1]:  # of the last block, where a class token alone is read
            return branch
        keys, values, weight, bias = memory['refiners'][place.block]
        patches = patches.to(self.scale.dtype)
        read = (patches @ keys).softmax(dim=-1) @ values
        change = F.linear(read + patches, weight, bias).to(branch.dtype)
        if change.shape[1] < branch.shape[1]:
            change = F.pad(change, (0, 0, place.extra, branch.shape[1] - place.count))
        return branch + change

    def queries(self) -> Tensor:
        """(length, link): of the tokens of all blocks, their maximum, their mean, and those of the last block."""
        stages: Any = self.stages
        queries = torch.cat([stage.to_queries(stage.tokens) for stage in stages])  # (blocks, length, link)
        return self.join(torch.cat([queries.amax(dim=0), queries.mean(dim=0), queries[-1]], dim=-1))


class Refiner(NamedTuple):
    """What the patches of one block meet.

    Attributes:
        keys: (C, length), by which attention is told; they are divided by sqrt(C).
        values: (length, C), what is read; nothing of the first token.
        weight, bias: (C, C) and (C,), of the second shared layer, scaled.
    """

    keys: Tensor
    values: Tensor
    weight: Tensor
    bias: Tensor


class Tokens(nn.Module):
    """The tokens of ``depth`` blocks of one width, and what those blocks share."""

    def __init__(self, depth: int, length: int, rank: int, width: int, *, bound: float, link: int | None) -> None:
        super().__init__()
        bound = (3 * bound ** 2 / rank) ** 0.25  # then products of this rank vary as what is uniform within the bound
        self.a = nn.Parameter(torch.empty(depth, length, rank).uniform_(-bound, bound))
        self.b = nn.Parameter(torch.empty(depth, rank, width).uniform_(-bound, bound))
        self.read, self.change = nn.Linear(width, width), nn.Linear(width, width)
        if link is not None:
            self.to_queries = nn.Linear(width, link)

    @property
    def tokens(self) -> Tensor:
        """(depth, length, C)."""
        return self.a @ self.b

    def refiners(self, scale: Tensor) -> list[Refiner]:
        """Of each block, made together."""
        tokens = self.tokens
        keys, values = tokens.mT / math.sqrt(tokens.shape[-1]), F.pad(self.read(tokens[:, 1:]), (0, 0, 1, 0))
        weight, bias = ((scale * one).to(values.dtype) for one in (self.change.weight, self.change.bias))
        return [Refiner(*own, weight, bias) for own in zip(keys, values)]
