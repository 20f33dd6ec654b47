"""Residual blocks of ConvNets and others, whose own code runs: a method stands where their branch ends."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from ..mixin import Mixin
from ..tuning.method import Place
from .hosting import Pass, current_pass
from .provenance import Branch


class ResidualBlock(Mixin):
    """Mixin in front of a block's class: within a pass, its branch is the tuning method's to change.

    Attributes:
        number: among the blocks of the backbone, from 0.
    """

    number: int

    @property
    def with_cp(self) -> bool:
        """Whether its own code computes activations again in the backward pass: a pass does it itself."""
        return bool(self.__dict__.get('with_cp')) and current_pass() is None

    @with_cp.setter
    def with_cp(self, with_cp: bool) -> None:
        self.__dict__['with_cp'] = with_cp

    def forward(self, inputs: Tensor, *args: Any, **kwargs: Any) -> Any:
        passing = current_pass()
        if passing is None:
            return super().forward(inputs, *args, **kwargs)
        if self.__dict__.get('with_cp') and torch.is_grad_enabled():
            return checkpoint(self._run, passing, inputs, *args, use_reentrant=False, **kwargs)
        return self._run(passing, inputs, *args, **kwargs)

    def _run(self, passing: Pass, inputs: Tensor, *args: Any, **kwargs: Any) -> Any:
        with passing.running():
            passing.given[self.number], passing.turns[self.number] = inputs, 0
            return super().forward(inputs, *args, **kwargs)


class BranchEnd(Mixin):
    """Mixin in front of the class of the module that gives what a block adds to what it was given.

    Attributes:
        block: the number of that block.
        turn: number of the call that gives it, from 1; others are within the branch, or of an earlier one.
    """

    block: int
    turn: int

    def forward(self, *args: Any, **kwargs: Any) -> Tensor:
        branch: Tensor = super().forward(*args, **kwargs)
        passing = current_pass()
        if passing is None:
            return branch
        passing.turns[self.block] += 1
        return _change(passing, self.block, branch) if passing.turns[self.block] == self.turn else branch


def host_branches(blocks: Sequence[nn.Module], branches: Mapping[int, Branch]) -> None:
    """Let passes change the ``branches`` of residual blocks by number; parameters and keys stay as they are."""
    for number, branch in branches.items():
        block: Any = blocks[number]
        end: Any = block.get_submodule(branch.end)
        if not isinstance(block, ResidualBlock):
            block.__class__ = _hosted(ResidualBlock, cast(Any, type(block)))
        if not isinstance(end, BranchEnd):
            end.__class__ = _hosted(BranchEnd, cast(Any, type(end)))
        block.number, end.block, end.turn = number, number, branch.turn


def _change(passing: Pass, number: int, branch: Tensor) -> Tensor:
    """A branch (B, C, h, w) or (B, N, C) as the tuning method has it, which sees maps as (B, h, w, C)."""
    own, given = (_channels_last(one) for one in (branch, passing.given.pop(number)))
    grid = (own.shape[1], own.shape[2]) if own.dim() == 4 else None
    place = Place(number, passing.batch, 0, 0 if grid else own.shape[1], grid)
    own = passing.tuning.after_ffn(own, given, place, passing.memory)
    return own.movedim(-1, 1) if grid else own


def _channels_last(tensor: Tensor) -> Tensor:
    return tensor.movedim(1, -1) if tensor.dim() == 4 else tensor


@cache
def _hosted(mixin: Any, kind: Any) -> Any:
    """A class of modules with a mixin in front; its name stays."""
    return type(kind.__qualname__, (mixin, kind), dict(__module__=kind.__module__, __doc__=kind.__doc__))
