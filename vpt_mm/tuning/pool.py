"""PromptPool: prompts that each image chooses from a pool (L2P, Wang et al., CVPR 2022)."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import UsageError
from .choice import as_prefixes, check_blocks, check_weight, distances, draw, nearest, require_blocks
from .host import Host
from .method import Memory, Place, TuningMethod
from .prompts import append
from .registry import TUNING_METHODS


@TUNING_METHODS.register_module()
class PromptPool(TuningMethod):
    """L2P: an image takes the prompts whose keys are nearest to its plain feature (Wang et al. 2022, section 4).

    Each image chooses for itself. The plain feature is one more pass of the backbone, without gradients. The paper
    classifies by the mean of the prompts' outputs, ``out_type='avg_prompts'`` of PromptedViT; other outputs do as well.

    ``keys``: (size, Q), of the width of the plain feature; a loss pulls those that are chosen to it, and nothing else
    reaches them. ``tokens``: (size, length, C), or of each block in ``blocks`` (size, 2, length, C), keys and values.
    ``picks`` and ``earlier``: (size,), how often each prompt was chosen in the task that trains and in those before.

    Args:
        size: number of prompts in the pool, M.
        selected: number of prompts that an image takes, N.
        length: tokens a prompt, L_p.
        weight: of the pull loss, the sum of the distances to the chosen keys.
        diversified: while training, a key's distance is multiplied by the share that it had of all choices in earlier
            tasks; among equals the nearest is chosen. :meth:`next_task` says where a task ends.
        placement: 'tokens' enter with the first block and travel on; 'prefix' prompts are keys and values of blocks.
        blocks: those with prefixes, counted from 1; all by default.
        batchwise: all images of a batch take the prompts that most of them would choose. This is for reproducing the
            released code, which does so in tests as well: results then depend on how a set is cut into batches, and
            where it is sorted by class or task they profit from that.

    Raises:
        UsageError: sizes that are not whole numbers of at least 1, more selected than in the pool, a negative weight,
            another placement, blocks outside the backbone, or a backbone that gives no feature.
    """

    sees_images = chooses = True
    picks: Tensor
    earlier: Tensor

    def __init__(self, size: int = 10, *, selected: int = 5, length: int = 5, weight: float = 0.5,
                 diversified: bool = False, placement: str = 'tokens', blocks: Sequence[int] | None = None,
                 batchwise: bool = False) -> None:
        super().__init__()
        for name, value in dict(size=size, selected=selected, length=length).items():
            self.check_count(name, value)
        if selected > size:
            raise UsageError(f'PromptPool: selected must be at most size, the {size} prompts of the pool, got '
                             f'{selected}.')
        if placement not in ('tokens', 'prefix'):
            raise UsageError(f"PromptPool: placement must be 'tokens' or 'prefix', got {placement!r}.")
        if blocks is not None and placement == 'tokens':
            raise UsageError("PromptPool: blocks are those with placement='prefix', while tokens travel through all of "
                             f'them; got {blocks!r}.')
        self.size, self.selected, self.length = size, selected, length
        self.weight = check_weight('PromptPool: weight', weight)
        self.diversified, self.batchwise = diversified, batchwise
        self.placement = placement
        self.blocks = None if blocks is None else check_blocks('PromptPool: blocks', blocks)

    @property
    def mixes(self) -> bool:
        return not self.batchwise

    @property
    def travels(self) -> bool:
        return self.placement == 'tokens'

    def build_for(self, backbone: Host) -> None:
        widths = backbone.block_widths
        self.keys = nn.Parameter(draw(backbone, self.size, backbone.query_width))
        if self.travels:
            self.tokens: Any = nn.Parameter(draw(backbone, self.size, self.length, widths[0]))
        else:
            self.blocks = tuple(range(len(widths))) if self.blocks is None else self.blocks
            require_blocks('PromptPool: blocks', self.blocks, backbone)
            self.tokens = nn.ParameterList(draw(backbone, self.size, 2, self.length, widths[block])
                                           for block in self.blocks)
        for name in ('picks', 'earlier'):
            self.register_buffer(name, torch.zeros(self.size, dtype=torch.long))

    def begin(self, inputs: Tensor, backbone: Any, **given: Any) -> Memory:
        """``distances`` (B, M), and ``chosen`` (B, N), the numbers of the prompts of each image, the nearest first."""
        distance = distances(backbone.query(inputs), self.keys)
        chosen = self.choose(distance.detach())
        if self.diversified and self.training and torch.is_grad_enabled():
            self.count(chosen)
        return dict(distances=distance, chosen=chosen)

    def choose(self, distance: Tensor) -> Tensor:
        """(B, N) prompts for distances (B, M)."""
        scores = (distance,)
        if self.diversified and self.training:
            earlier = self.earlier.to(distance.dtype)
            share = torch.where(earlier.sum() > 0, earlier / earlier.sum().clamp_min(1), 1.)
            scores = (distance * share, distance)
        chosen = nearest(*scores)[:, :self.selected]
        return self.vote(chosen).expand(len(chosen), -1) if self.batchwise else chosen

    def vote(self, chosen: Tensor) -> Tensor:
        """(1, N), the prompts that most images of a batch choose."""
        return nearest(-self.occurrences(chosen)[None])[:, :self.selected]

    def occurrences(self, chosen: Tensor) -> Tensor:
        """(M,), how often each prompt was chosen."""
        return (chosen[..., None] == torch.arange(self.size, device=chosen.device)).sum(dim=(0, 1))

    def count(self, chosen: Tensor) -> None:
        """Note the choices of a batch, of which each process has a part."""
        counts = self.occurrences(chosen)
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            torch.distributed.all_reduce(counts)
        self.picks.add_(counts)

    def next_task(self) -> None:
        """What was chosen in the task that is over counts among the earlier ones."""
        self.earlier.add_(self.picks)
        self.picks.zero_()

    def before(self, tokens: Tensor, place: Place, memory: Memory) -> Tensor:
        if not self.travels or place.block > 0:
            return tokens
        return append(tokens, self.tokens[memory['chosen']].flatten(1, 2))

    def prefixes(self, place: Place, memory: Memory) -> Tensor | None:
        if self.blocks is None or place.block not in self.blocks:
            return None
        return as_prefixes(self.tokens[self.blocks.index(place.block)][memory['chosen']])

    def losses(self, memory: Memory) -> dict[str, Tensor]:
        """While training, the mean over the images of the sum of the distances to the chosen keys."""
        if not self.training:
            return {}
        return dict(loss_pull=self.weight * memory['distances'].gather(1, memory['chosen']).sum(dim=1).mean())
