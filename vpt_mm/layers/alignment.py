"""realign(): feature maps of a framed image, read where the plain backbone's features lie."""
from collections.abc import Sequence

import torch
from torch import Tensor

from .precision import full_precision


def realign(features: Tensor, *, stride: int, frame: int, image: Sequence[int], picture: Sequence[int],
            cells: Sequence[int]) -> Tensor:
    """Resample the feature map of a framed image to the shape and the alignment of the plain one.

    The cell i of a map covers the pixels from ``stride * i`` to ``stride * (i + 1)``. In the framed image the
    middle of this span stands ``frame`` pixels further on, and nearer by as much as the picture was shrunk.
    The map is read there, linearly along each axis; beyond the middle of its last cell, this one counts.
    Where nothing was shrunk, only ``frame / stride`` matters, wherever in its span a feature looks.

    Args:
        features: (B, C, h, w) of the framed image.
        stride: pixels a cell.
        frame: thickness of the frame in pixels.
        image: (H, W) of the image as the plain backbone sees it.
        picture: (H, W) of the image inside the frame.
        cells: (rows, columns) of the plain backbone's map.

    Returns:
        (B, C, rows, columns).
    """
    readers = []
    for known, wanted, outer, inner in zip(features.shape[2:], cells, image, picture):
        middles = stride * (torch.arange(wanted, dtype=torch.float64, device=features.device) + 0.5)
        place = ((frame + middles * inner / outer) / stride - 0.5).clamp(0, known - 1)
        distance = (place[:, None] - torch.arange(known, device=features.device)).abs()
        readers.append((1 - distance).clamp(min=0).to(features.dtype))  # (wanted, known): weights of two neighbours
    rows, columns = readers
    with full_precision(features):
        return rows @ features @ columns.transpose(0, 1)
