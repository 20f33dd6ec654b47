"""Provenance: which parameters reach what, in a pass, and where the residual branches of its blocks end."""
from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

ATEN = torch.ops.aten
ADDITIONS = {ATEN.add.Tensor, ATEN.add_.Tensor}
WEIGHTED = {ATEN.convolution, ATEN.linear, ATEN.mm, ATEN.addmm, ATEN.bmm, ATEN.baddbmm}


class Branch(NamedTuple):
    """What a residual block adds to what it was given.

    Attributes:
        end: name, in the block, of the module that gives it.
        turn: number of the module's call in a pass of the block, from 1.
        shape: of it, (B, C, h, w) or (B, N, C); empty where nobody asked.
    """

    end: str
    turn: int = 1
    shape: tuple[int, ...] = ()


class _Sum(NamedTuple):
    """A sum of two tensors: numbers of weighted layers that each went through, and modules that gave them, by turn."""

    shape: tuple[int, ...]
    depths: list[int]
    ends: list[list[tuple[nn.Module, int]]]


class Provenance(TorchDispatchMode):
    """Context of one pass in which every operation is noted.

    Args:
        model: whose pass it is.
        blocks: modules of it.
    """

    def __init__(self, model: nn.Module, blocks: Sequence[nn.Module]) -> None:
        super().__init__()
        self.names = [name for name, _ in model.named_parameters()]
        self.blocks = blocks
        self.reaching: dict[int, int] = defaultdict(int)  # bits of parameters, by storage
        for number, parameter in enumerate(model.parameters()):
            self.reaching[_storage(parameter)] |= 1 << number
        self.depths: dict[int, int] = {}  # since the block began, by tensor
        self.ends: dict[int, list[tuple[nn.Module, int]]] = defaultdict(list)  # that gave this very tensor
        self.calls: Counter[nn.Module] = Counter()
        self.turns: Counter[nn.Module] = Counter()  # calls since the block began
        self.last: _Sum | None = None
        self.sums: dict[int, tuple[_Sum, Counter[nn.Module]]] = {}  # the last of each block, and its turns
        self.held: list[Tensor] = []  # so that no identity is taken twice

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Context in which operations, blocks and modules in them are noted."""
        hooks = []
        for number, block in enumerate(self.blocks):
            hooks.append(block.register_forward_pre_hook(self._enter))
            hooks += [module.register_forward_hook(self._note) for name, module in block.named_modules() if name]
            hooks.append(block.register_forward_hook(
                lambda block, given, outputs, number=number: self._leave(number, outputs)))
        try:
            with self:
                yield
        finally:
            for hook in hooks:
                hook.remove()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = _tensors([args, kwargs])
        if func in ADDITIONS:
            self._note_sum(given)
        outputs = func(*args, **(kwargs or {}))
        bits = 0
        for tensor in given:
            bits |= self.reaching[_storage(tensor)]
        depth = max((self.depths[id(one)] for one in given if id(one) in self.depths), default=None)
        for tensor in _tensors(outputs):
            self.held.append(tensor)
            self.reaching[_storage(tensor)] |= bits
            self.ends.pop(id(tensor), None)  # it holds something else now
            if depth is not None:
                self.depths[id(tensor)] = depth + (func.overloadpacket in WEIGHTED)
        return outputs

    def read(self, outputs: Any) -> frozenset[str]:
        """Names of the parameters that reach these outputs."""
        bits = 0
        for tensor in _tensors(outputs):
            bits |= self.reaching[_storage(tensor)]
        return frozenset(name for number, name in enumerate(self.names) if bits >> number & 1)

    @property
    def branches(self) -> dict[int, Branch]:
        """{number of a block: its residual branch} of those that end in a sum of two.

        Of the two, the branch is what went through more weighted layers since the block began; a module that no other
        block calls must give it.
        """
        found = {}
        for number, (one, turns) in self.sums.items():
            shallow, deep = sorted(one.depths)
            ends = [(module, turn) for module, turn in one.ends[one.depths.index(deep)]
                    if self.calls[module] == turns[module]]
            if shallow < deep and ends:
                module, turn = ends[-1]
                name = next(name for name, inner in self.blocks[number].named_modules() if inner is module)
                found[number] = Branch(name, turn, one.shape)
        return found

    def _note_sum(self, given: list[Tensor]) -> None:
        known = [one for one in given if id(one) in self.depths]
        if len(known) == 2 and known[0].shape == known[1].shape:
            self.last = _Sum(tuple(known[0].shape), [self.depths[id(one)] for one in known],
                             [list(self.ends[id(one)]) for one in known])

    def _enter(self, block: nn.Module, given: Any) -> None:
        self.depths = {id(tensor): 0 for tensor in given[:1] if isinstance(tensor, Tensor)}
        self.last, self.turns = None, Counter()

    def _note(self, module: nn.Module, given: Any, outputs: Any) -> None:
        self.calls[module] += 1
        self.turns[module] += 1
        if isinstance(outputs, Tensor):
            self.ends[id(outputs)].append((module, self.turns[module]))

    def _leave(self, number: int, outputs: Any) -> None:
        first = next(iter(_tensors(outputs)), None)
        if self.last is not None and first is not None and self.last.shape == first.shape:
            self.sums[number] = self.last, self.turns
        self.depths = {}


def _tensors(given: Any) -> list[Tensor]:
    return [one for one in tree_leaves(given) if isinstance(one, Tensor)]


def _storage(tensor: Tensor) -> int:
    return tensor.untyped_storage()._cdata
