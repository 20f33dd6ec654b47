"""draw_side_by_side(): images and masks of several origins, a column each, above the names of the colours."""
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ..picture import picture


def draw_side_by_side(out: str | Path, columns: Mapping[str, Sequence[np.ndarray]], *, classes: Sequence[str],
                      palette: Sequence[Sequence[int]]) -> None:
    """Write a picture.

    Args:
        out: path, whose ending says the format.
        columns: {title: what stands below it}: images (H, W, 3) RGB, or masks (H, W) with numbers of classes, in which
            other numbers are black.
        classes: names.
        palette: a colour for each class.

    Raises:
        UsageError: as :func:`~vpt_mm.picture.require_picture` says.
    """
    from matplotlib.patches import Patch
    colours = np.array(palette, np.uint8)
    rows = len(next(iter(columns.values())))
    with picture(out, rows, len(columns), size=(2 * len(columns), 2 * rows + 0.6), squeeze=False) as (figure, axes):
        for (title, cells), column in zip(columns.items(), axes.T):
            column[0].set_title(title)
            for cell, pixels in zip(column, cells):
                if pixels.ndim == 2:
                    cell.imshow(colour(pixels, colours), interpolation='nearest')
                else:
                    cell.imshow(pixels)
                cell.axis('off')
        figure.legend(handles=[Patch(facecolor=one / 255, edgecolor='black', label=name)
                               for name, one in zip(classes, colours)], loc='outside lower center', ncols=6)


def colour(mask: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """(H, W) to (H, W, 3): numbers without a colour are black."""
    last = len(colours) - 1
    return np.where((mask <= last)[..., None], colours[np.minimum(mask, last)], 0).astype(np.uint8)
