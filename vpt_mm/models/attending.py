"""SeesPrompts: a backbone whose tokens attend, and so can see prompts."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from ..layers.kept import Kept
from ..layers.precision import autocast_dtype
from ..layers.projection import Projection, project_prompts
from ..mixin import Mixin
from ..tuning.composed import TuningList, methods_of
from ..tuning.method import Memory, Place, TuningMethod, seams_of


class SeesPrompts(Mixin):
    """Mixin of backbones that hand keys and values of prompts to their blocks.

    A backbone adds ``projection_of(block)``, what a block does to tokens before they meet.
    """

    def tune(self, config: Any) -> None:
        super().tune(config)
        # Told now, since averaged copies do not say what trained.
        self.projects_frozen = not any(weight.requires_grad for block in self.attending
                                       for weight in self.projection_of(block).weights)

    @property
    def attending(self) -> list[Any]:
        """The blocks, in order."""
        return list(self.host.blocks)

    def projection_of(self, block: Any) -> Projection:
        raise NotImplementedError

    def see(self, tuning: TuningMethod | TuningList, memory: Memory, places: Sequence[Place]) -> list[Any]:
        """Keys and values that the tokens of each block see beside their own: (1 or B, P, 2, C), or None.

        They are made for all blocks before the walk, and at inference kept for the next pass where they depend on
        parameters alone.
        """
        return self._keep('seen', partial(self._see, tuning, memory, places), tuning, memory, places)

    def cross(self, tuning: TuningMethod | TuningList, memory: Memory, places: Sequence[Place]) -> list[Any]:
        """The same of what they read alone, in a second attention."""
        if not any('cross_prompts' in seams_of(type(method)) for method in methods_of(tuning)):
            return [None] * len(places)
        return self._keep('crossed', partial(self._cross, tuning, memory, places), tuning, memory, places)

    def _keep(self, name: str, make: Callable[[], list[Any]], tuning: TuningMethod | TuningList, memory: Memory,
              places: Sequence[Place]) -> list[Any]:
        if not places or torch.is_grad_enabled() or memory or tuning is not self.tuning or not self.projects_frozen:
            return make()
        kept: Kept = self.kept
        blocks = self.attending
        frozen = [weight for place in places for weight in self.projection_of(blocks[place.block]).weights]
        return kept.get(name, make, frozen=frozen, learned=list(tuning.parameters()),
                        given=(len(places), tuning.training, autocast_dtype(frozen[0])))

    def _see(self, tuning: TuningMethod | TuningList, memory: Memory, places: Sequence[Place]) -> list[Any]:
        prompts = [tuning.prompts(place, memory) for place in places]
        prefixes = [tuning.prefixes(place, memory) for place in places]
        if all(given is None for given in prefixes):
            return self._project(prompts, places)
        return [_join(pairs, given) for pairs, given in zip(self._project(prompts, places), prefixes)]

    def _cross(self, tuning: TuningMethod | TuningList, memory: Memory, places: Sequence[Place]) -> list[Any]:
        return self._project([tuning.cross_prompts(place, memory) for place in places], places)

    def _project(self, prompts: Sequence[Tensor | None], places: Sequence[Place]) -> list[Any]:
        if all(given is None for given in prompts):
            return [None] * len(places)
        blocks = self.attending
        return project_prompts(prompts, [self.projection_of(blocks[place.block]) for place in places], kept=self.kept)


def _join(pairs: Tensor | None, prefixes: Any) -> Any:
    """Projected prompts (1 or B, P, 2, C), and behind them keys and values (2, [B,] P, C) of the method's own."""
    if not isinstance(prefixes, Tensor):
        return pairs if prefixes is None else prefixes  # groups of a mixed batch are as they are
    own = prefixes.movedim(0, -2)
    own = own if own.dim() == 4 else own[None]
    if pairs is None:
        return own
    batch = max(len(pairs), len(own))
    return torch.cat([pairs.expand(batch, -1, -1, -1), own.to(pairs.dtype).expand(batch, -1, -1, -1)], dim=1)
