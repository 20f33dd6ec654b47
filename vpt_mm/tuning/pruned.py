"""PrunedPrompt: what is left of VPT-deep's prompts after pruning."""
from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ..errors import UsageError
from .host import Host
from .prompts import DeepPrompt
from .registry import TUNING_METHODS


@TUNING_METHODS.register_module()
class PrunedPrompt(DeepPrompt):
    """VPT-deep's prompts after pruning, as in E2VPT (Han et al. 2023, arXiv 2307.13770, section 3.3).

    `vpt-mm prune` says which tokens of each block, and then which segments of those, matter least, and writes what is
    left, rewound to where it started, to a checkpoint for ``load_from``. A token that was pruned is gone, and a segment
    that was pruned is zero. Without that checkpoint what is left is spread evenly: a baseline.

    ``tokens``: (blocks, left, C / segments), or one such parameter for each stage of a backbone whose stages differ in
    width: blocks * left * C / segments parameters. ``places``: (blocks, left), a buffer, the numbers of these segments
    among the length * segments of the block's tokens, in order.

    Args:
        length: number of tokens left in each block.
        segments: number of equal parts of a token.
        left: number of segments left in each block, over all of its tokens; all of them by default.
        first: first prompted block, counted from 1.
        last: last prompted block; the backbone's last by default.
        dropout: as of DeepPrompt.

    Raises:
        UsageError: nothing left, more left than there is, segments that aren't equal parts of C, or places that are
            none, which files from elsewhere may hold.
    """

    places: Tensor

    def __init__(self, length: int, *, segments: int = 1, left: int | None = None, first: int = 1,
                 last: int | None = None, dropout: float = 0.) -> None:
        super().__init__(length, first=first, last=last, dropout=dropout)
        self.check_count('segments', segments)
        self.segments, self.left = segments, length * segments if left is None else left
        self.check_count('left', self.left)
        if self.left > length * segments:
            raise UsageError(f'PrunedPrompt: left must be 1..{length * segments}, the {segments} segments of {length} '
                             f'tokens, got {left}.')

    def build_for(self, backbone: Host) -> None:
        super().build_for(backbone)
        spread = torch.arange(self.left) * (self.length * self.segments) // self.left
        self.register_buffer('places', spread.repeat(sum(self.depths), 1))

    def new_stage(self, backbone: Host, depth: int, width: int) -> nn.Parameter:
        if width % self.segments:
            raise UsageError(f'PrunedPrompt: segments must divide the width of tokens, {width}, got {self.segments}.')
        return self.new_tokens(backbone, depth, self.left, width // self.segments)

    def made_of(self, tokens: Tensor, stage: int) -> Tensor:
        """(blocks, P, C) with zeros where segments were pruned."""
        start, depth = sum(self.depths[:stage]), self.depths[stage]
        places = self.places[start:start + depth, :, None].expand_as(tokens)
        whole = tokens.new_zeros(depth, self.length * self.segments, tokens.shape[-1])
        return whole.scatter(1, places, tokens).view(depth, self.length, -1)

    def _load_from_state_dict(self, state_dict: dict[str, Tensor], prefix: str, *args: Any, **kwargs: Any) -> None:
        places = state_dict.get(f'{prefix}places')
        if places is not None and places.shape == self.places.shape and not places.is_meta:
            inside = int(places.min()) >= 0 and int(places.max()) < self.length * self.segments
            if not (inside and bool((places.diff() > 0).all())):
                raise UsageError(f'PrunedPrompt: places must be numbers of segments, 0..'
                                 f'{self.length * self.segments - 1}, in order and each once in a block; these weights '
                                 'have others: take those that vpt-mm prune or a training wrote.')
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)
