"""GatedPrompt: prompts that travel, on which each block acts as much as its gate lets it."""
from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from .host import Host
from .method import Memory, Place
from .prompts import TokenPrompt, append
from .registry import TUNING_METHODS


@TUNING_METHODS.register_module()
class GatedPrompt(TokenPrompt):
    """Gated prompts for self-supervised Vision Transformers (Yoo et al. 2023, arXiv 2306.05067).

    Prompts enter with the first block and travel. What leaves a block i in their place is
    ``sigmoid(g_i) * output + (1 - sigmoid(g_i)) * input``, and the block's attention has a learned temperature, by
    which the products of queries and keys are divided.

    ``tokens``: (length, C). ``gates``: (blocks - 1,), since nothing reads what the last block makes of prompts; one
    more where the mean of prompts is read. ``temperatures``: (blocks,). Length * C + 2 * blocks - 1 parameters.

    Chosen here: gates start half open, at g = 0; temperatures are exponentials of their parameters, so that they stay
    above zero, and start at one. Biases of relative positions are not divided, but what queries read of positions is.

    Raises:
        UsageError: a length that is not a positive integer, a dropout outside [0, 1).
    """

    mixes = False
    travels = True

    @classmethod
    def misfit(cls, backbone: Host) -> str:
        if reason := super().misfit(backbone):
            return reason
        through = len(set(backbone.block_widths)) == 1 or 'way for prompts between stages' in backbone.gives
        return '' if through else 'in which prompts stay behind where the width changes'

    def build_for(self, backbone: Host) -> None:
        depth = len(backbone.block_widths)
        self.tokens = self.new_tokens(backbone, self.length, backbone.block_widths[0])
        self.start_from_prototypes(self.tokens.data[None], 0)
        self.gates = nn.Parameter(torch.zeros(depth if backbone.reads_prompts else depth - 1))
        self.temperatures = nn.Parameter(torch.zeros(depth))

    def begin(self, inputs: Tensor, backbone: Any, **given: Any) -> Memory:
        return dict(gates=self.gates.sigmoid().unbind(), temperatures=self.temperatures.exp().unbind(), given={})

    def temperature(self, place: Place, memory: Memory) -> Tensor:
        temperature: Tensor = memory['temperatures'][place.block]
        return temperature

    def before(self, tokens: Tensor, place: Place, memory: Memory) -> Tensor:
        if place.block == 0:
            memory['offset'] = tokens.shape[1] - place.count  # behind prompts of other methods
            tokens = append(tokens, self.drop(self.tokens, place.batch) if self.drops else self.tokens)
        if place.block < len(self.gates):  # a copy, so that nothing else of the tokens is kept
            memory['given'][place.block] = self.own(tokens, place, memory).clone()
        return tokens

    def after_ffn(self, branch: Tensor, tokens: Tensor, place: Place, memory: Memory) -> Tensor:
        if place.block >= len(self.gates):
            return branch
        first, given = place.count + memory['offset'], memory['given'][place.block]
        own = self.own(tokens, place, memory)
        left = given + memory['gates'][place.block] * (own + self.own(branch, place, memory) - given)
        return torch.cat([branch[:, :first], left - own, branch[:, first + self.length:]], dim=1)

    def own(self, tokens: Tensor, place: Place, memory: Memory) -> Tensor:
        """Those of (B, N, C) that are this method's prompts."""
        return tokens.narrow(1, place.count + memory['offset'], self.length)
