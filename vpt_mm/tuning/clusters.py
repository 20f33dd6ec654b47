"""clusters(): k-means."""
from __future__ import annotations

import warnings

import torch
from torch import Tensor


def clusters(points: Tensor, count: int, *, start: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Centres (count, C) and, of each of the points (M, C), the number of its cluster.

    Args:
        points: (M, C), at least ``count``.
        count: number of clusters; one may stay empty.
        start: centres to begin from, (count, C), which keep their numbers; by default by k-means++, the same each time.
    """
    from scipy.cluster.vq import kmeans2  # which takes long to import
    given = dict(k=count, minit='++', seed=0) if start is None else dict(k=start.double().numpy(), minit='matrix')
    with warnings.catch_warnings():
        warnings.filterwarnings('ignore', 'One of the clusters is empty')
        centres, numbers = kmeans2(points.double().numpy(), **given)
    return torch.from_numpy(centres).to(points.dtype), torch.from_numpy(numbers).long()
