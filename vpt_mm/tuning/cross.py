"""CrossPrompt: prompts that leave self-attention, and are read by a second attention behind it."""
from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from .host import Host
from .method import Memory, Place
from .prompts import BlockPrompt
from .registry import TUNING_METHODS


@TUNING_METHODS.register_module()
class CrossPrompt(BlockPrompt):
    """Cross visual prompt tuning (Huang et al. 2025, arXiv 2408.14961).

    Behind the self-attention of a block and its residual, and before its FFN, all tokens (queries) attend to the
    block's prompts (keys and values), and what they read is added to them. The self-attention sees no prompts. The cost
    is linear in the length. In windows each token sees all prompts as well, without relative positions.

    ``tokens``: (blocks, length, C), or one such parameter for each stage of another width; with ``gated`` also
    ``gates``, (blocks,). Blocks * (length * C + gated) parameters where all are C wide: 9,216 a prompt of ViT-B/16.

    The paper's cross-attention has frozen copies of the weights of the block's self-attention. Here it reads the
    block's own, so that nothing is stored twice; where another method trains or updates them, it sees that too. Chosen
    here: it is the whole of that attention, with its norm in front, for tokens and prompts alike, its output projection
    and its layer scale; class tokens, registers and prompts that travel read the prompts as well.

    Args:
        length: number of prompts of a block.
        gated: what is read is multiplied by a learned number for each block, which starts at zero: the backbone starts
            as it was.
        dropout: probability of zeroing a prompt's element while training, drawn for every image.

    Raises:
        UsageError: a length that is not a positive integer, a dropout outside [0, 1).
    """

    mixes = False

    def __init__(self, length: int, *, gated: bool = False, dropout: float = 0.) -> None:
        super().__init__(length, dropout=dropout)
        self.gated = gated

    def build_for(self, backbone: Host) -> None:
        depth = len(backbone.block_widths)
        self.build_stages(backbone, range(depth))
        if self.gated:
            self.gates = nn.Parameter(torch.zeros(depth))

    def begin(self, inputs: Tensor, backbone: Any, **given: Any) -> Memory:
        memory = super().begin(inputs, backbone, **given)
        return dict(memory, gates=self.gates.unbind()) if memory and self.gated else memory

    def cross_prompts(self, place: Place, memory: Memory) -> Tensor:
        return self.recall(place, memory)

    def after_cross(self, branch: Tensor, tokens: Tensor, place: Place, memory: Memory) -> Tensor:
        if not self.gated:
            return branch
        gates = memory.get('gates', self.gates)  # taken apart at once while training
        return branch * gates[place.block]  # which, without dimensions, leaves the type as it is
