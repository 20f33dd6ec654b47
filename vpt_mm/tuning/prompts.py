"""Prompts among the tokens: VPT-deep and VPT-shallow (Jia et al. 2022, section 3.2)."""
from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import UsageError
from .host import Host
from .method import Memory, Place, TuningMethod
from .prototypes import read_prototypes
from .registry import TUNING_METHODS


def prompt_bound(patch: Sequence[int], width: int) -> float:
    """Prompts start uniform within this bound: Xavier's for an embedding of (h, w) patches (the paper's recipe)."""
    return math.sqrt(6 / (3 * math.prod(patch) + width))


def bound_for(backbone: Host, width: int) -> float:
    """:func:`prompt_bound` of a backbone; among words, that of the deviation 0.02 of CoOp's vectors."""
    if 'words' in backbone.gives:
        return 0.02 * math.sqrt(3)
    return prompt_bound(backbone.first_conv.kernel_size, width)


class TokenPrompt(TuningMethod):
    """What VPT-deep and VPT-shallow share.

    Args:
        length: prompt length, the number of prompts that a block sees.
        prototypes: file of vpt-mm prototypes that prompts start from, in place of a random initialisation: one for each
            class, or those of the tokens that a block is given.
        dropout: probability of zeroing a prompt's element while training, drawn for every image.

    Raises:
        UsageError: a length that is not a positive integer, a dropout outside [0, 1), prototypes that do not fit.
    """

    mixes = True

    def __init__(self, length: int, *, prototypes: str | None = None, dropout: float = 0.) -> None:
        super().__init__()
        self.check_count('length', length)
        self.check_dropout(dropout)
        self.length, self.prototypes = length, prototypes
        self.dropout = float(dropout)

    def new_tokens(self, backbone: Host, *shape: int, width: int | None = None) -> nn.Parameter:
        bound = bound_for(backbone, width or backbone.block_widths[0])
        return nn.Parameter(torch.empty(*shape).uniform_(-bound, bound))

    def start_from_prototypes(self, tokens: Tensor, first: int) -> None:
        """Fill prompts (blocks, P, C) of the blocks from ``first`` on; without values there is nothing to fill."""
        if self.prototypes is not None and not tokens.is_meta:
            tokens.data.copy_(torch.stack(read_prototypes(self.prototypes, first=first, shape=tokens.shape)))

    @property
    def drops(self) -> bool:
        return self.training and self.dropout > 0

    def drop(self, tokens: Tensor, batch: int) -> Tensor:
        """(..., P, C) to (..., batch, P, C), with elements zeroed for every image."""
        return F.dropout(tokens.unsqueeze(-3).expand(*tokens.shape[:-2], batch, -1, -1), self.dropout)


class BlockPrompt(TokenPrompt):
    """Prompts of each block's own: ``tokens``, (blocks, length, C), or one such parameter for each stage of a width.

    Attributes:
        prompted: the blocks that have some.
        depths: number of those in each stage.
    """

    prompted: range
    depths: list[int]

    def build_stages(self, backbone: Host, prompted: range) -> None:
        """Create the prompts of these blocks."""
        widths = backbone.block_widths[prompted.start:prompted.stop]
        stages = [(len(list(blocks)), width) for width, blocks in groupby(widths)]
        self.prompted, self.depths = prompted, [depth for depth, _ in stages]
        self.set_stages([self.new_stage(backbone, depth, width) for depth, width in stages])

    def set_stages(self, stages: list[nn.Parameter]) -> None:
        self.tokens = stages[0] if len(stages) == 1 else nn.ParameterList(stages)

    @property
    def stages(self) -> list[nn.Parameter]:
        """The parameter of each stage."""
        return list(self.tokens) if isinstance(self.tokens, nn.ParameterList) else [self.tokens]

    def new_stage(self, backbone: Host, depth: int, width: int) -> nn.Parameter:
        return self.new_tokens(backbone, depth, self.length, width)

    def begin(self, inputs: Tensor, backbone: Any, **given: Any) -> Memory:
        """Prompts of all blocks at once; at inference nothing, so that what becomes of them is kept, but in graphs."""
        if not (self.drops or torch.is_grad_enabled() or torch.compiler.is_compiling()):
            return {}
        return dict(prompts=self.prompts_of_blocks(len(inputs)))

    def recall(self, place: Place, memory: Memory) -> Tensor:
        """(P, C), or (B, P, C) where dropout tells images apart: the prompts of a block in this pass."""
        prompts = memory.get('prompts') or self.prompts_of_blocks(place.batch)
        return prompts[place.block - self.prompted[0]]

    def prompts_of_blocks(self, batch: int) -> list[Tensor]:
        """For each prompted block (P, C), or (batch, P, C) with dropout."""
        prompts: list[Tensor] = []
        for stage, (tokens, depth) in enumerate(zip(self.stages, self.depths)):
            tokens = self.made_of(tokens, stage).expand(depth, -1, -1)
            prompts += (self.drop(tokens, batch) if self.drops else tokens).unbind(0)
        return prompts

    def made_of(self, tokens: Tensor, stage: int) -> Tensor:
        """Prompts (blocks or 1, P, C) of the parameter of a stage."""
        return tokens


@TUNING_METHODS.register_module()
class DeepPrompt(BlockPrompt):
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

    Raises:
        UsageError: blocks outside the backbone, a width below 1.
    """

    def __init__(self, length: int, *, first: int = 1, last: int | None = None, shared_within: bool = False,
                 shared_across: bool = False, width: int | None = None, fixed: bool = False,
                 prototypes: str | None = None, dropout: float = 0.) -> None:
        super().__init__(length, prototypes=prototypes, dropout=dropout)
        if width is not None:
            self.check_count('width', width)
        self.first, self.last, self.width = first, last, width
        self.shared_within, self.shared_across = shared_within, shared_across
        self.fixed = fixed

    def build_for(self, backbone: Host) -> None:
        widths = backbone.block_widths
        last = len(widths) if self.last is None else self.last
        if not 1 <= self.first <= last <= len(widths):
            raise UsageError(f'DeepPrompt: first and last must be blocks 1..{len(widths)} in order, got {self.first} '
                             f'and {self.last}.')
        self.joining = last - 1 if last < len(widths) or backbone.reads_prompts else None
        self.build_stages(backbone, range(self.first - 1, last))
        for stage, own in enumerate(self.stages):
            self.start_from_prototypes(own, self.first - 1 + sum(self.depths[:stage]))
        if self.width is not None:
            stages = [width for width, _ in groupby(widths[self.first - 1:last])]
            self.projections = nn.ModuleList(nn.Linear(self.width, width) for width in stages)

    @property
    def travels(self) -> bool:
        return self.joining is not None

    def new_stage(self, backbone: Host, depth: int, width: int) -> nn.Parameter:
        shape = (1 if self.shared_across else depth, 1 if self.shared_within else self.length, self.width or width)
        tokens = self.new_tokens(backbone, *shape, width=self.width)
        tokens.requires_grad_(not self.fixed)
        return tokens

    def prompts(self, place: Place, memory: Memory) -> Tensor | None:
        if place.block not in self.prompted or place.block == self.joining:
            return None
        return self.recall(place, memory)

    def before(self, tokens: Tensor, place: Place, memory: Memory) -> Tensor:
        return append(tokens, self.recall(place, memory)) if place.block == self.joining else tokens

    def made_of(self, tokens: Tensor, stage: int) -> Tensor:
        tokens = tokens.expand(-1, self.length, -1)
        return tokens if self.width is None else self.projections[stage](tokens)


@TUNING_METHODS.register_module()
class ShallowPrompt(TokenPrompt):
    """VPT-shallow: prompts enter with the first block and travel on as tokens.

    ``tokens``: (length, C).
    """

    travels = True

    def build_for(self, backbone: Host) -> None:
        self.tokens = self.new_tokens(backbone, self.length, backbone.block_widths[0])
        self.start_from_prototypes(self.tokens.data[None], 0)

    def before(self, tokens: Tensor, place: Place, memory: Memory) -> Tensor:
        if place.block > 0:
            return tokens
        return append(tokens, self.drop(self.tokens, place.batch) if self.drops else self.tokens)


def append(tokens: Tensor, prompts: Tensor) -> Tensor:
    """(B, N, C) and (P, C) or (B, P, C) to (B, N + P, C)."""
    prompts = prompts if prompts.dim() == 2 else for_parts(prompts, len(tokens))
    return torch.cat([tokens, prompts.expand(len(tokens), -1, -1).to(tokens.dtype)], dim=1)


def for_parts(prompts: Tensor, parts: int) -> Tensor:
    """(B, ...) to (parts, ...) where a backbone takes images apart, as MobileViT does: each part has its image's own.

    Those of one image, or of all, stay as they are.
    """
    return prompts.repeat_interleave(parts // len(prompts), dim=0) if 1 < len(prompts) < parts else prompts
