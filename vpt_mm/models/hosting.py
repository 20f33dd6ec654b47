"""Hosting: how a tuning method reaches blocks that the backbone's own code calls."""
from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from ..layers.kept import Kept
from ..mixin import Mixin
from ..tuning.composed import TuningList
from ..tuning.method import Memory, Place, TuningMethod
from ..tuning.prompts import for_parts
from .blocks.kind import KINDS, BlockKind, Call, name_of

PASS: ContextVar[Pass | None] = ContextVar('pass', default=None)  # of this thread
TRACED: list[Pass] = []  # the same while torch traces a graph, in which there are no context variables


class Pass:
    """One pass of a backbone under a tuning method.

    Args:
        tuning: the method.
        memory: its memory of this pass.
        seen: keys and values of prompts for each block, as :meth:`SeesPrompts.see` gives them.
        crossed: those that are read alone, as :meth:`SeesPrompts.cross` gives them.
        batch: number of images.
        kept: of the backbone.
        extra: number of class tokens and registers.
        grids: (h, w) that the patches may have, where blocks are not told: the first that fits their number counts.
    """

    def __init__(self, tuning: TuningMethod | TuningList, memory: Memory, seen: Sequence[Any] = (),
                 crossed: Sequence[Any] = (), *, batch: int, kept: Kept, extra: int = 0,
                 grids: Sequence[tuple[int, int]] = ()) -> None:
        self.tuning, self.memory, self.seen, self.crossed, self.kept = tuning, memory, seen, crossed, kept
        self.batch, self.extra, self.grids = batch, extra, grids
        self.guests: Tensor | None = None  # prompts that travel, between two blocks
        self.places: list[Place] = []
        self.given: dict[int, Tensor] = {}  # to residual blocks that run
        self.turns: dict[int, int] = {}  # of the modules at the ends of their branches

    @contextmanager
    def running(self) -> Iterator[None]:
        """Context in which the blocks that this thread calls belong to the pass."""
        if torch.compiler.is_compiling():
            TRACED.append(self)
            yield
            TRACED.pop()
            return
        token = PASS.set(self)
        try:
            yield
        finally:
            PASS.reset(token)

    def run(self, block: Any, inputs: Tensor, given: dict[str, Any]) -> Tensor:
        """A block on its own tokens, (B, N, C) or (B, h, w, C), which come out in that shape."""
        kind: BlockKind = block.kind
        own = inputs.flatten(1, -2)
        grid = (inputs.shape[1], inputs.shape[2]) if inputs.dim() == 4 else kind.grid(given) or self._grid_of(own)
        place = Place(block.number, self.batch, self.extra, own.shape[1], grid)
        self.places.append(place)
        tokens = self.tuning.before(self._with_guests(own), place, self.memory)
        if getattr(block, 'with_cp', False) and torch.is_grad_enabled():
            tokens = checkpoint(self._run, kind, block, tokens, given, place, use_reentrant=False)
        else:
            tokens = self._run(kind, block, tokens, given, place)
        self.guests = tokens[:, place.count:] if tokens.shape[1] > place.count else None
        return (tokens if self.guests is None else tokens[:, :place.count]).view_as(inputs)

    def _grid_of(self, own: Tensor) -> tuple[int, int] | None:
        return next(((h, w) for h, w in self.grids if self.extra + h * w == own.shape[1]), None)

    def _with_guests(self, own: Tensor) -> Tensor:
        """Tokens and, behind them, the prompts that travel: between stages of different width they stay behind."""
        if self.guests is None or self.guests.shape[-1] != own.shape[-1]:
            return own
        return torch.cat([own, self.guests], dim=1)

    def _run(self, kind: BlockKind, block: Any, tokens: Tensor, given: dict[str, Any], place: Place) -> Tensor:
        seen, crossed = (None if pairs is None else for_parts(pairs, len(tokens))
                         for pairs in (self.seen[block.number], self.crossed[block.number]))
        call = Call(block, place, given, seen, self.kept, self.tuning.temperature(place, self.memory))
        tokens = tokens + self.tuning.after_attention(kind.attention(call, tokens), tokens, place, self.memory)
        if crossed is not None:
            branch = kind.cross(call, tokens, crossed)
            tokens = tokens + self.tuning.after_cross(branch, tokens, place, self.memory)
        tokens = tokens + self.tuning.after_ffn(kind.ffn(call, tokens), tokens, place, self.memory)
        return kind.finish(call, tokens)


class HostedBlock(Mixin):
    """Mixin in front of a block's class: within a pass the pass runs it, else it runs as it is.

    Attributes:
        number: among the blocks of the backbone, from 0; None of one that nothing reads.
        kind: how it runs in pieces.
        arguments: names of those that its own forward pass takes, the tokens first.
    """

    number: int | None
    kind: BlockKind
    arguments: tuple[str, ...]

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        passing = current_pass()
        if passing is None or self.number is None:
            return super().forward(*args, **kwargs)
        given = {**dict(zip(self.arguments, args)), **kwargs}
        return passing.run(self, given.pop(self.arguments[0]), given)


def current_pass() -> Pass | None:
    """The pass that this thread runs, or None."""
    if torch.compiler.is_compiling():
        return TRACED[-1] if TRACED else None
    return PASS.get()


def host_blocks(blocks: Sequence[nn.Module], unread: Sequence[nn.Module] = ()) -> None:
    """Let passes run these blocks, whose kinds are known, and no ``unread`` ones; parameters and keys stay."""
    for number, block in (*enumerate(blocks), *((None, block) for block in unread)):
        if not isinstance(block, HostedBlock):
            block.__class__ = _hosted(cast(Any, type(block)))
        block.number = number


@cache
def _hosted(kind: Any) -> Any:
    """The class of hosted blocks of a class; its name stays, by which its kind is known."""
    return type(kind.__qualname__, (HostedBlock, kind), dict(
        __module__=kind.__module__, __doc__=kind.__doc__, kind=KINDS[name_of(kind)],
        arguments=tuple(inspect.signature(kind.forward).parameters)[1:]))
