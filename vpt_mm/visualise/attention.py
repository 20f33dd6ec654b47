"""What the attention of a PromptedViT does with its prompts, block by block."""
from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import UsageError
from ..layers.heads import split_heads
from ..models import PromptedViT
from ..tuning.composed import TuningList, methods_of
from ..tuning.method import Memory, Place, TuningMethod


class Seen:
    """Queries and keys of one block, (B, heads, N, d); of N keys the first ``own`` are class token and patches.

    Attributes:
        queries: as the block computed them.
        keys: those of prompts at the end.
        extra: number of tokens before the patches.
        own: number of tokens that are not prompts.
    """

    def __init__(self, queries: Tensor, keys: Tensor, *, extra: int, own: int) -> None:
        self.queries, self.keys, self.extra, self.own = queries, keys, extra, own

    def share_of_prompts(self) -> Tensor:
        """(B, patches): how much of a patch's attention goes to prompts, mean over heads; 0..1."""
        queries = self.queries[:, :, self.extra:self.own]
        scores = queries @ self.keys.transpose(-2, -1) / queries.shape[-1] ** 0.5
        return scores.softmax(-1)[..., self.own:].sum(-1).mean(1)

    def likeness(self) -> Tensor:
        """(B, prompts, patches): cosine of keys, over all heads; what is alike is attended to alike."""
        keys = F.normalize(self.keys.transpose(1, 2).flatten(2), dim=-1)  # (B, N, C)
        return keys[:, self.own:] @ keys[:, self.extra:self.own].transpose(1, 2)


@torch.no_grad()
def see(backbone: PromptedViT, images: Tensor) -> tuple[dict[int, Seen], tuple[int, int]]:
    """Run a backbone on normalised images (B, 3, H, W).

    Returns:
        ({block, counted from 1: :class:`Seen`} of the blocks that see prompts, (rows, columns) of patches).

    Raises:
        UsageError: not a PromptedViT, or one in which no patch sees a prompt.
    """
    if not isinstance(backbone, PromptedViT):
        raise UsageError(f'attention to prompts is read from a PromptedViT, got a {type(backbone).__name__}.')
    tuning = TuningList([*methods_of(backbone.tuning), Recorder()])
    memory = tuning.begin(images, backbone)
    backbone.walk(images, tuning, memory)
    recorded = memory[len(tuning) - 1]
    seen = {}
    for (place, tokens), beside in zip(recorded.items(), backbone.see(tuning, memory, list(recorded))):
        block = backbone.blocks[place.block]
        queries, keys, _ = split_heads(block.attn.qkv(block.ln1(tokens)), beside, block.attn.num_heads)
        temperature = tuning.temperature(place, memory)
        queries = queries if temperature is None else queries / temperature
        if keys.shape[2] > place.count:
            seen[place.block + 1] = Seen(queries, keys, extra=place.extra, own=place.count)
    if not seen:
        raise UsageError('no patch of this backbone sees a prompt: its tuning has none of DeepPrompt, ShallowPrompt, '
                         'PrefixPrompt and PixelPatchPrompt.')
    return seen, place.grid


class Recorder(TuningMethod):
    """Behind other methods: its memory holds what every block was given, {place: (B, N, C)}."""

    def before(self, tokens: Tensor, place: Place, memory: Memory) -> Tensor:
        memory[place] = tokens
        return tokens
