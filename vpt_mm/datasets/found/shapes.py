"""Areas as programs for annotation write them, polygons, boxes, discs and run lengths, painted into masks.

A pixel belongs to a polygon if its centre lies inside, by the even-odd rule: a box from 2 to 5 holds the pixels 2, 3
and 4.
"""
from dataclasses import dataclass, field

import numpy as np

from ...errors import UsageError
from .kinds import IGNORED

BEYOND = 1.  # pixels by which a point may lie outside of its image, where programs round
MOST_PIXELS = 1_000_000_000


@dataclass
class Drawing:
    """Areas of one image, of which later ones lie on earlier ones.

    Attributes:
        size: (width, height).
        areas: (name of the class, Polygon, Disc or Patch).
    """

    size: tuple[int, int]
    areas: list = field(default_factory=list)

    def paint(self, numbers):
        """The mask (H, W) uint8: 0 where nothing is, else the number of the area's class.

        Args:
            numbers: {name: number}; a name without one is ignored.
        """
        mask = np.zeros(self.size[::-1], np.uint8)
        for name, area in self.areas:
            area.paint(mask, numbers.get(name, IGNORED))
        return mask


@dataclass(frozen=True)
class Polygon:
    """Points (K, 2), x and y in pixels from the corner of the image, K of 3 or more."""

    points: np.ndarray

    def paint(self, mask, number):
        left, top = np.maximum(np.floor(self.points.min(0)), 0).astype(int)
        right, bottom = np.ceil(self.points.max(0)).astype(int)
        part = mask[top:bottom, left:right]
        part[fill(self.points - (left, top), part.shape)] = number


@dataclass(frozen=True)
class Disc:
    """All pixels whose centres lie within ``radii`` (x and y) of ``centre``."""

    centre: tuple[float, float]
    radii: tuple[float, float]

    def paint(self, mask, number):
        rows, columns = (np.arange(side) + 0.5 for side in mask.shape)
        (x, y), (width, height) = self.centre, self.radii
        mask[((rows[:, None] - y) / height) ** 2 + ((columns - x) / width) ** 2 <= 1] = number


@dataclass(frozen=True)
class Patch:
    """A mask (h, w) of booleans whose corner lies at column ``left`` and row ``top``."""

    pixels: np.ndarray
    left: int = 0
    top: int = 0

    def paint(self, mask, number):
        height, width = self.pixels.shape
        mask[self.top:self.top + height, self.left:self.left + width][self.pixels] = number


def polygon(points, size, where):
    """The polygon of pairs (x, y) in an image of ``size``.

    Args:
        points: pairs, or a flat list x, y, x, y, ...
        size: (width, height).
        where: what messages call it by.

    Raises:
        UsageError: fewer than three points, something else than numbers, or a point outside of the image.
    """
    points = _numbers(points, where).reshape(-1, 2)
    if len(points) < 3:
        raise UsageError(f'{where}: a polygon has three points or more, got {len(points)}.')
    require_inside(points, size, where)
    return Polygon(points)


def box(corners, size, where):
    """The polygon of a box, of two opposite corners (x, y)."""
    (left, top), (right, bottom) = _numbers(corners, where).reshape(-1, 2)
    return polygon([(left, top), (right, top), (right, bottom), (left, bottom)], size, where)


def patch(pixels, left, top, size, where):
    """A mask (h, w) of booleans at a place in an image of ``size``, where all of it must lie."""
    height, width = pixels.shape
    if not (0 <= left <= size[0] - width and 0 <= top <= size[1] - height):
        raise UsageError(f'{where}: a mask of {width}x{height} at ({left}, {top}) lies outside of the image, which is '
                         f'{size[0]}x{size[1]}: image and annotation must belong together.')
    return Patch(pixels, left, top)


def _numbers(values, where):
    try:
        array = np.asarray(values, np.float64)
        sound = np.isfinite(array).all() and array.size % 2 == 0
    except (TypeError, ValueError):
        sound = False
    if not sound:
        raise UsageError(f'{where}: points are pairs of numbers, got {str(values)[:60]}.')
    return array


def require_inside(points, size, where):
    """Raise UsageError where one of the points (K, 2) lies outside of an image."""
    outside = ((points < -BEYOND) | (points > np.array(size) + BEYOND)).any(1)
    if outside.any():
        x, y = points[outside][0]
        raise UsageError(f'{where}: the point ({x:g}, {y:g}) lies outside of the image, which is '
                         f'{size[0]}x{size[1]}: image and annotation must belong together, or the shape be mended.')


def fill(points, shape):
    """Pixels (H, W) whose centres lie inside of a polygon (K, 2), by the even-odd rule.

    Every edge toggles what lies right of it, in the rows whose centres it passes.
    """
    height, width = shape
    (x, y), (next_x, next_y) = points.T, np.roll(points, -1, 0).T
    first = np.clip(np.ceil(np.minimum(y, next_y) - 0.5), 0, height).astype(int)
    counts = np.clip(np.ceil(np.maximum(y, next_y) - 0.5), 0, height).astype(int) - first
    edges = np.repeat(np.arange(len(points)), counts)
    rows = np.arange(counts.sum()) + (first - np.cumsum(counts) + counts)[edges]
    slopes = (next_x - x)[edges] / (next_y - y)[edges]
    columns = np.ceil(x[edges] + (rows + 0.5 - y[edges]) * slopes - 0.5)
    toggles = np.zeros((height, width + 1), np.uint8)
    np.add.at(toggles, (rows, np.clip(columns, 0, width).astype(int)), 1)
    return np.cumsum(toggles, 1, dtype=np.uint8)[:, :width] % 2 == 1


def run_lengths(counts, shape, where, *, order='C'):
    """A mask (H, W) of the lengths of runs, the first of which is of zeros.

    Args:
        counts: of pixels in each run.
        shape: (H, W).
        where: what messages call it by.
        order: 'C' row by row, 'F' column by column, as COCO does.

    Raises:
        UsageError: lengths that do not fill the mask.
    """
    counts = list(counts)
    whole = all(isinstance(count, int) and 0 <= count <= MOST_PIXELS for count in counts)
    if not whole or sum(counts) != shape[0] * shape[1]:
        raise UsageError(f'{where}: run lengths must be whole numbers that add up to {shape[1]}x{shape[0]} pixels.')
    values = np.repeat(np.arange(len(counts)) % 2 == 1, counts)
    return values.reshape(shape, order=order)


def unpack_counts(text):
    """COCO's compressed run lengths: five bits a character, and from the fourth on the difference to the last but one.

    Written by ``rleToString`` of COCO's API, which describes it.
    """
    counts, value, shift = [], 0, 0
    for character in text:
        bits = ord(character) - 48
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << shift
        counts.append(value + (counts[-2] if len(counts) > 2 else 0))
        value = shift = 0
    return counts
