"""resize_by_factor(): positions for another grid, as the first release of DINOv2 resizes them."""
from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def resize_by_factor(positions: Tensor, grid: tuple[int, int], *, known: tuple[int, int], offset: float) -> Tensor:
    """Positions of (h, w) patches from those of another grid, by a bicubic kernel, however many they are.

    DINOv2 (Oquab et al. 2024) was released with a scale of ``(h + 0.1) / rows`` in place of ``h / rows``, so that
    rounding never lost a row; everything else is read at places that are off by it, and the weights know no others.

    Args:
        positions: (1, rows * columns, C).
        grid: (h, w).
        known: (rows, columns).
        offset: 0.1 in that release.

    Returns:
        (1, h * w, C).
    """
    if tuple(grid) == tuple(known):
        return positions
    maps = positions.float().unflatten(1, known).permute(0, 3, 1, 2)
    scales = [(side + offset) / rows for side, rows in zip(grid, known)]
    return F.interpolate(maps, scale_factor=scales, mode='bicubic').flatten(2).transpose(1, 2).to(positions.dtype)
