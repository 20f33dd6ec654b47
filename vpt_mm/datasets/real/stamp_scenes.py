"""Stamp scenes: stamps of Tux Paint on pieces of photographs, with exact pixel labels.

    python -m vpt_mm.datasets.real.stamp_scenes data/stamp_scenes

writes a folder with images/{train,val,test} and annotations/{train,val,test}. In the masks 0 is background and 1..11
are the classes of the stamps. No stamp and no pixel of a photograph is in two of the three parts.
"""
import argparse
import functools
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from ...errors import ending, require_counts
from ..offline.sources import PARTS, crop, photo
from ..scene_folder import write_scene_folder
from .stamps import find_stamps, paste, read_stamp, resize
from .table import split_by_class

SMALLEST = 64                             # pixels a side
PHOTOS = ('china', 'flower', 'hopper')    # of scikit-learn and matplotlib
TILE, CROPS = 140, (100, 141)             # pixels of a photograph: tiles that parts share out, and sides of pieces
LIGHT = (0.6, 1.1)                        # share of a ground's brightness
STAMPS, SIDES = (1, 4), (0.3, 0.7)        # least and one more than the most; longer side, of the scene's
EXACT = 0.5                               # opacity from which on a pixel is the stamp's


def draw_scene(index: int, *, stamps: Sequence[Sequence[Path]], part: str, seed: int = 0,
               size: int = 128) -> tuple[np.ndarray, np.ndarray]:
    """Scene `index`: the image (size, size, 3) RGB and the mask (size, size), uint8.

    Args:
        index: number; the same number gives the same scene in any folder.
        stamps: files of each class, of this part.
        part: 'train', 'val' or 'test'.
        seed: other seeds, other scenes.
        size: pixels a side.
    """
    rng = np.random.default_rng([seed, PARTS.index(part), index])
    image = _ground(size, part=part, rng=rng)
    mask = np.zeros((size, size), np.uint8)
    for _ in range(rng.integers(*STAMPS)):
        label = int(rng.integers(len(stamps)))
        file = stamps[label][int(rng.integers(len(stamps[label])))]
        stamp = _scaled(read_stamp(file), size * rng.uniform(*SIDES))
        stamp = stamp[:, ::-1] if rng.random() < 0.5 else stamp
        top, left = (rng.integers(0, size - side + 1) for side in stamp.shape[:2])
        mask[paste(stamp, image, top, left) >= EXACT] = label + 1
    return image.round().astype(np.uint8), mask


def _ground(size, *, part, rng):
    """A piece of a photograph, perhaps mirrored: (size, size, 3) float RGB."""
    piece = crop(photo(PHOTOS[rng.integers(len(PHOTOS))]), part=part, tile=TILE, side=rng.integers(*CROPS), rng=rng)
    piece = piece[:, ::-1] if rng.random() < 0.5 else piece
    piece = cv2.resize(np.ascontiguousarray(piece), (size, size),
                       interpolation=cv2.INTER_AREA if size < len(piece) else cv2.INTER_CUBIC)
    return (piece * rng.uniform(*LIGHT)).clip(0, 255).astype(np.float32)


def _scaled(stamp, longer):
    height, width = (max(1, round(longer * side / max(stamp.shape[:2]))) for side in stamp.shape[:2])
    return resize(stamp, height, width)


def write_stamp_scenes(out: str | Path, *, images: int, val_images: int, test_images: int, size: int = 128,
                       seed: int = 0, root: str = 'data') -> Path:
    """Write a folder of scenes, whole or not at all; returns its full path.

    Args:
        out: folder, new or empty.
        images, val_images, test_images: numbers of scenes of the parts.
        size: pixels a side.
        seed: other seeds, other scenes, of other stamps.
        root: folder of data, in which the stamps are looked for before the place of the system's package.

    Raises:
        UsageError: a number out of range, no stamps, or an `out` that holds something already.
    """
    counts = dict(zip(PARTS, (images, val_images, test_images)))
    require_counts(images=images, **{'val-images': val_images, 'test-images': test_images})
    require_counts(least=SMALLEST, size=size)
    require_counts(least=0, seed=seed)
    parts = split_by_class(find_stamps(root).values(), seed)  # as the task 'stamps' is with this seed
    return write_scene_folder(out, {
        part: (count, functools.partial(draw_scene, stamps=parts[part], part=part, seed=seed, size=size))
        for part, count in counts.items()})


def main(args=None):
    parser = argparse.ArgumentParser(prog='python -m vpt_mm.datasets.real.stamp_scenes',
                                     description=__doc__.split('\n')[0])
    parser.add_argument('out', help='folder to write; must be new or empty')
    parser.add_argument('--images', type=int, default=800, help='training scenes (default: %(default)s)')
    parser.add_argument('--val-images', type=int, default=200, help='scenes to choose by (default: %(default)s)')
    parser.add_argument('--test-images', type=int, default=400, help='scenes of the test (default: %(default)s)')
    parser.add_argument('--size', type=int, default=128, help='pixels a side (default: %(default)s)')
    parser.add_argument('--seed', type=int, default=0, help='other seeds, other scenes (default: %(default)s)')
    parser.add_argument('--root', default='data', help='folder in which stamps are looked for first '
                        '(default: %(default)s)')
    options = vars(parser.parse_args(args))
    with ending(parser):
        print(write_stamp_scenes(options.pop('out'), **options))


if __name__ == '__main__':
    main()
