"""Prompts that an image chooses by its plain feature: distances to keys, and what several such methods share."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import UsageError, require_counts
from .host import Host
from .prompts import prompt_bound


def distances(queries: Tensor, keys: Tensor) -> Tensor:
    """Cosine distances (B, M) of queries (B, Q) to keys (M, Q), computed so that no image's depends on the others."""
    return 1 - F.cosine_similarity(queries[:, None].to(keys.dtype), keys[None], dim=-1)


def nearest(*scores: Tensor) -> Tensor:
    """(B, M) in the order of the first scores (B, M); among equals by the next, then by number."""
    order = torch.arange(scores[0].shape[1], device=scores[0].device).expand(scores[0].shape)
    for score in reversed(scores):
        order = order.gather(1, score.gather(1, order).argsort(dim=1, stable=True))
    return order


def as_prefixes(chosen: Tensor) -> Tensor:
    """Keys and values (B, N, 2, L, C) of N prompts that an image chose to (2, B, N * L, C), all of its own."""
    return chosen.permute(2, 0, 1, 3, 4).flatten(2, 3)


def check_blocks(name: str, blocks: Any) -> tuple[int, ...]:
    """Blocks counted from 1, from 0; raise UsageError unless they are whole numbers, each named once."""
    if not isinstance(blocks, (list, tuple)) or not blocks:
        raise UsageError(f'{name} must list blocks, counted from 1, got {blocks!r}.')
    for block in blocks:
        require_counts(**{f'a block in {name}': block})
    if len(set(blocks)) < len(blocks):
        raise UsageError(f'{name} must name each block once, got {list(blocks)}.')
    return tuple(block - 1 for block in blocks)


def require_blocks(name: str, blocks: Sequence[int], backbone: Host) -> None:
    """Raise UsageError unless the backbone has these blocks, counted from 0."""
    depth = len(backbone.block_widths)
    if max(blocks) >= depth:
        raise UsageError(f'{name} must be blocks 1..{depth} of {backbone.title}, got '
                         f'{[block + 1 for block in blocks]}.')


def check_weight(name: str, weight: Any) -> float:
    """The weight of a loss; raise UsageError unless it is a finite number of at least 0."""
    if isinstance(weight, bool) or not isinstance(weight, (int, float)) or not 0 <= weight < float('inf'):
        raise UsageError(f'{name} must be a number of at least 0, got {weight!r}.')
    return float(weight)


def draw(backbone: Host, *shape: int) -> Tensor:
    """New prompts or keys, uniform within the bound of VPT's prompts."""
    bound = prompt_bound(backbone.first_conv.kernel_size, backbone.block_widths[0])
    return torch.empty(*shape).uniform_(-bound, bound)
