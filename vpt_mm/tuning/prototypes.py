"""Class prototypes: where the training images of a class lie, on average, in the backbone's final feature."""
from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import torch
from torch import Tensor

from ..errors import UsageError
from ..files import write_whole
from ..weights.files import load_from_disk


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
    sums, counts = torch.zeros(()), torch.zeros(classes, dtype=torch.long)
    for images, labels in batches:
        features, labels = features_of(images).double().cpu(), labels.cpu()
        sums = sums + torch.zeros(classes, features.shape[1], dtype=torch.double).index_add(0, labels, features)
        counts += torch.bincount(labels, minlength=classes)
    empty = (counts == 0).nonzero().flatten().tolist()
    if empty:
        raise UsageError(f'every class needs an image to have a prototype, classes {empty[:10]} have none.')
    return (sums / counts[:, None]).float()


def write_prototypes(prototypes: Tensor, path: str | Path) -> None:
    """Write (classes, C) to a file for ``DeepPrompt(prototypes=...)``."""
    buffer = io.BytesIO()
    torch.save(dict(prototypes=prototypes), buffer)
    write_whole(buffer.getvalue(), Path(path))


def read_prototypes(path: str | Path, *, shape: Sequence[int]) -> Tensor:
    """Class prototypes of this shape, (P, C), from a file.

    Raises:
        UsageError: another number of classes than prompts, another width, or not such a file.
    """
    content = load_from_disk(path)
    prototypes = content.get('prototypes') if isinstance(content, dict) else None
    if not isinstance(prototypes, torch.Tensor) or prototypes.dim() != 2:
        raise UsageError(f'{path} holds no class prototypes: write it with vpt-mm prototypes.')
    if prototypes.shape != shape:
        raise UsageError(f'the prototypes in {path} are {len(prototypes)} classes of width {prototypes.shape[1]}, but '
                         f'prompts have length {shape[0]} and width {shape[1]}: set length to the number of classes.')
    return prototypes
