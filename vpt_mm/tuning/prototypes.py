"""Prototypes that prompts can start from: of classes, or of the patch tokens that a block is given."""
from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..errors import UsageError
from ..files import write_whole
from ..weights.files import load_from_disk
from .clusters import clusters
from .method import Memory, Place, TuningMethod


@torch.no_grad()
def class_prototypes(features_of: Callable[[Tensor], Tensor], batches: Iterable[tuple[Tensor, Tensor]], *,
                     classes: int) -> Tensor:
    """Mean final [CLS] feature of each class (Jia et al. 2022, ablation of the initialisation).

    Args:
        features_of: function of a batch of images to features (B, C).
        batches: iterable of images (B, 3, H, W), normalised, and labels (B,).
        classes: number of classes.

    Returns:
        (classes, C).

    Raises:
        UsageError: a class without an image.
    """
    means = ClassMeans(classes)
    for images, labels in batches:
        means.add(features_of(images), labels)
    empty = (means.counts == 0).nonzero().flatten().tolist()
    if empty:
        raise UsageError(f'every class needs an image to have a prototype, classes {empty[:10]} have none.')
    return means.means


class ClassMeans:
    """Means of features by class, gathered batch by batch.

    Attributes:
        sums: (classes, C), float64.
        counts: (classes,), images.
    """

    def __init__(self, classes: int) -> None:
        self.sums = torch.zeros(classes, 0, dtype=torch.double)
        self.counts = torch.zeros(classes, dtype=torch.long)

    def add(self, features: Tensor, labels: Tensor) -> None:
        """Features (B, C) and labels (B,)."""
        features, labels = features.double().cpu(), labels.cpu()
        if not self.sums.shape[1]:
            self.sums = self.sums.new_zeros(len(self.counts), features.shape[1])
        self.sums.index_add_(0, labels, features)
        self.counts += torch.bincount(labels, minlength=len(self.counts))

    @property
    def means(self) -> Tensor:
        """(classes, C); NaN where a class has no image."""
        return (self.sums / self.counts[:, None]).float()


class TokensBefore(TuningMethod):
    """Does nothing but remember, in ``memory['tokens']``, the patch tokens (B, N, C) that each block is given."""

    def before(self, tokens: Tensor, place: Place, memory: Memory) -> Tensor:
        memory['tokens'].append(tokens[:, place.extra:place.count])
        return tokens


@torch.no_grad()
def patch_tokens(backbone: Any, images: Tensor) -> list[Tensor]:
    """The patch tokens (B, N, C) that each block of the plain backbone is given, for images (B, 3, H, W)."""
    memory: Memory = dict(tokens=[])
    backbone.walk(images, TokensBefore(), memory)
    tokens: list[Tensor] = memory['tokens']
    return tokens


def token_prototypes(tokens: Tensor, length: int, *, by: str = 'k-means') -> Tensor:
    """Prompts to start from (Wang et al. 2024, arXiv 2402.02382: self-prompt tuning).

    Args:
        tokens: (M, C), patch tokens of training images.
        length: number of prompts.
        by: 'k-means' takes the centres of clusters; 'mean' and 'max' pool over groups of neighbouring tokens, as many
            as there are prompts; 'random' takes tokens as they are.

    Returns:
        (length, C).

    Raises:
        UsageError: fewer tokens than prompts, or another way.
    """
    if by not in WAYS:
        raise UsageError(f"token prototypes are made by one of {', '.join(WAYS)}, got {by!r}.")
    if len(tokens) < length:
        raise UsageError(f'{length} prototypes need as many tokens, and these images have {len(tokens)}: take more.')
    return WAYS[by](tokens.float(), length)


def _centres(tokens: Tensor, length: int) -> Tensor:
    return clusters(tokens, length)[0]


def _pooled(pool: Callable[[Tensor, int], Tensor], tokens: Tensor, length: int) -> Tensor:
    return pool(tokens.t()[None], length)[0].t().contiguous()


def _drawn(tokens: Tensor, length: int) -> Tensor:
    return tokens[torch.randperm(len(tokens), generator=torch.Generator().manual_seed(0))[:length]]


WAYS: dict[str, Callable[[Tensor, int], Tensor]] = {
    'k-means': _centres, 'mean': partial(_pooled, F.adaptive_avg_pool1d),
    'max': partial(_pooled, F.adaptive_max_pool1d), 'random': _drawn}


def write_prototypes(prototypes: Tensor | list[Tensor], path: str | Path) -> None:
    """Write those of classes (classes, C), or a list of those of each block (P, C), for ``prototypes=`` of prompts."""
    buffer = io.BytesIO()
    torch.save(dict(prototypes=prototypes), buffer)
    write_whole(buffer.getvalue(), Path(path))


def read_prototypes(path: str | Path, *, first: int, shape: Sequence[int]) -> list[Tensor]:
    """Prototypes of so many blocks from a file.

    Args:
        path: of a file of :func:`write_prototypes`.
        first: number of the first block, from 0.
        shape: (blocks, P, C).

    Returns:
        For each block (P, C): its own, or those of classes.

    Raises:
        UsageError: another number of blocks or prototypes, another width, or not such a file.
    """
    content = load_from_disk(path)
    found: Any = content.get('prototypes') if isinstance(content, dict) else None
    several = isinstance(found, list)
    blocks: list[Tensor] = found if several else [found]
    if not blocks or any(not isinstance(one, torch.Tensor) or one.dim() != 2 for one in blocks):
        raise UsageError(f'{path} holds no prototypes: write it with vpt-mm prototypes.')
    chosen = blocks[first:first + shape[0]] if several else blocks * shape[0]
    if len(chosen) < shape[0]:
        raise UsageError(f'the prototypes in {path} are of {len(blocks)} blocks, and prompts stand in blocks up to '
                         f'{first + shape[0]}: write them with the config of this backbone.')
    for one in chosen:
        if one.shape != tuple(shape[1:]):
            what, rule = ('tokens', 'write as many as there are') if several else (
                'classes', 'set length to the number of classes')
            raise UsageError(f'the prototypes in {path} are {len(one)} {what} of width {one.shape[1]}, but prompts '
                             f'have length {shape[1]} and width {shape[2]}: {rule}.')
    return chosen
