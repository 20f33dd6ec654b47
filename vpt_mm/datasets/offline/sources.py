"""Real images that come with scikit-learn and matplotlib, cut into tiles that belong to one part of the data each.

No crop leaves its tile and no tile is in two parts, so that no pixel is in two parts either.
"""
import functools

import cv2
import numpy as np

from ...errors import needs_extra
from ..digits.scans import load_scans

PARTS = ('train', 'val', 'test')
TURNS = (0, 1, 0, 2, 0, 0, 1, 0, 2, 2)  # the part of tile i, of PARTS: half, a fifth, three tenths
VAL_SCANS = 1077                         # scans from here to the end of the training scans are for validation


@functools.cache
def photo(name):
    """A photograph as (H, W, 3) RGB: 'china' or 'flower' of scikit-learn, 'hopper' of matplotlib."""
    if name == 'hopper':
        from matplotlib import cbook
        with cbook.get_sample_data('grace_hopper.jpg') as file:
            data = np.frombuffer(file.read(), np.uint8)
        return cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1]
    with needs_extra('demo', 'drawing offline tasks'):
        from sklearn.datasets import load_sample_image
    return load_sample_image(f'{name}.jpg')


@functools.cache
def elevation():
    """Heights of the Jacksboro fault in metres, 90 m a cell: (344, 403), from matplotlib."""
    from matplotlib import cbook
    with cbook.get_sample_data('jacksboro_fault_dem.npz') as terrain:
        return terrain['elevation'].astype(np.float32)


def tiles(height, width, side, part):
    """Top left corners of the tiles of one part in a picture of this size."""
    corners = [(top, left) for top in range(0, height - side + 1, side) for left in range(0, width - side + 1, side)]
    return [corner for index, corner in enumerate(corners) if PARTS[TURNS[index % len(TURNS)]] == part]


def crop(picture, *, part, tile, side, rng):
    """A random square (side, side[, 3]) inside a random tile of one part."""
    places = tiles(*picture.shape[:2], tile, part)
    top, left = np.array(places[rng.integers(len(places))]) + rng.integers(0, tile - side + 1, 2)
    return picture[top:top + side, left:left + side]


@functools.cache
def scans_of(part):
    """Handwritten digits of one part, which come from different writers: inks (N, 8, 8) and digits (N,)."""
    if part == 'test':
        return load_scans('validation')
    chosen = slice(0, VAL_SCANS) if part == 'train' else slice(VAL_SCANS, None)
    return tuple(array[chosen] for array in load_scans('training'))
