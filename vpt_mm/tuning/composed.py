"""TuningList: several tuning methods at once."""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import torch
from mmengine.model import ModuleList
from torch import Tensor

from .host import Host
from .method import KeepsValues, Memory, Outputs, Place, TuningMethod


class TuningList(KeepsValues, ModuleList):
    """Several methods, such as VPT + Bias; answers every seam for all of them, each with a memory of its own."""

    def __iter__(self) -> Iterator[TuningMethod]:
        return super().__iter__()

    def each(self, memory: Memory) -> Iterator[tuple[TuningMethod, Memory]]:
        """The methods with their memories."""
        for index, method in enumerate(self):
            yield method, memory.setdefault(index, {})

    @property
    def trains_backbone(self) -> bool:
        return any(method.trains_backbone for method in self)

    @property
    def travels(self) -> bool:
        return any(method.travels for method in self)

    @property
    def frame(self) -> int:
        return sum(method.frame for method in self)

    @property
    def dense(self) -> bool:
        return all(method.dense for method in self)

    @property
    def mixes(self) -> bool:
        return all(method.mixes for method in self)

    @property
    def chooses(self) -> bool:
        return any(method.chooses for method in self)

    def build_for(self, backbone: Host) -> None:
        for method in self:
            method.build_for(backbone)

    def trains(self, backbone: Host) -> Iterable[str]:
        return [name for method in self for name in method.trains(backbone)]

    def begin(self, inputs: Tensor, backbone: Any, **given: Any) -> Memory:
        memories = [method.begin(inputs, backbone, **given) for method in self]
        return dict(enumerate(memories)) if any(memories) else {}

    def enter(self, inputs: Tensor, memory: Memory) -> Tensor:
        for method, own in self.each(memory):
            inputs = method.enter(inputs, own)
        return inputs

    def before(self, tokens: Tensor, place: Place, memory: Memory) -> Tensor:
        for method, own in self.each(memory):
            tokens = method.before(tokens, place, own)
        return tokens

    def prompts(self, place: Place, memory: Memory) -> Tensor | None:
        return _join([method.prompts(place, own) for method, own in self.each(memory)], place.batch, dims=3)

    def prefixes(self, place: Place, memory: Memory) -> Tensor | None:
        return _join([method.prefixes(place, own) for method, own in self.each(memory)], place.batch, dims=4)

    def cross_prompts(self, place: Place, memory: Memory) -> Tensor | None:
        return _join([method.cross_prompts(place, own) for method, own in self.each(memory)], place.batch, dims=3)

    def temperature(self, place: Place, memory: Memory) -> Tensor | None:
        temperature: Tensor | None = None
        for method, own in self.each(memory):
            given = method.temperature(place, own)
            temperature = given if temperature is None else temperature if given is None else temperature * given
        return temperature

    def after_attention(self, branch: Tensor, tokens: Tensor, place: Place, memory: Memory) -> Tensor:
        for method, own in self.each(memory):
            branch = method.after_attention(branch, tokens, place, own)
        return branch

    def after_cross(self, branch: Tensor, tokens: Tensor, place: Place, memory: Memory) -> Tensor:
        for method, own in self.each(memory):
            branch = method.after_cross(branch, tokens, place, own)
        return branch

    def after_ffn(self, branch: Tensor, tokens: Tensor, place: Place, memory: Memory) -> Tensor:
        for method, own in self.each(memory):
            branch = method.after_ffn(branch, tokens, place, own)
        return branch

    def finish(self, outputs: Outputs, inputs: Tensor, memory: Memory) -> Outputs:
        for method, own in self.each(memory):
            outputs = method.finish(outputs, inputs, own)
        return outputs

    def losses(self, memory: Memory) -> dict[str, Tensor]:
        return {name: loss for method, own in self.each(memory) for name, loss in method.losses(own).items()}

    def next_task(self) -> None:
        for method in self:
            method.next_task()

    def settled(self) -> TuningList:
        return TuningList(method.settled() for method in self)

    def merge_into(self, backbone: Host) -> None:
        for method in self:
            method.merge_into(backbone)


def methods_of(tuning: TuningMethod | TuningList) -> list[TuningMethod]:
    """Each method of a list, or the one that there is."""
    return list(tuning) if isinstance(tuning, TuningList) else [tuning]


def _join(parts: list[Tensor | None], batch: int, *, dims: int) -> Tensor | None:
    """Those that are there, one behind the other; of ``dims`` dimensions if one of them tells images apart."""
    there = [part for part in parts if part is not None]
    if len(there) < 2:
        return there[0] if there else None
    if len({part.dim() for part in there}) > 1:
        there = [part if part.dim() == dims else part.unsqueeze(-3).expand(*part.shape[:-2], batch, -1, -1)
                 for part in there]
    return torch.cat(there, dim=-2)
