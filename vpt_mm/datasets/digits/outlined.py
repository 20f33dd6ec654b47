"""Digit scenes with outlines, as labelme saves them: images of digits, and beside each a JSON file of polygons.

    python -m vpt_mm.datasets.digits.outlined data/outlined --images 240

writes a folder that is not split, as one that somebody has annotated by hand. What an outline encloses and is no ink,
as in a 0, is drawn upon it as ``_background_``.
"""
import argparse
import json
from pathlib import Path

import cv2
import numpy as np

from ...errors import ending, require_counts
from ...files import require_empty, write_whole
from .scans import load_scans
from .scenes import FIRST_DIGIT, SMALLEST, draw_scene

NAMES = ('zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine')
FINER = 2  # outlines run through the middles of pixels of half the size: none of the real ones' middles lies on them


def outlines(mask):
    """Polygons around the digits of a mask (H, W), larger ones first: (name, points (K, 2))."""
    found = []
    for digit, name in enumerate(NAMES):
        ink = np.kron((mask == FIRST_DIGIT + digit).astype(np.uint8), np.ones((FINER, FINER), np.uint8))
        contours, levels = cv2.findContours(ink, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
        holes = [level[3] >= 0 for level in levels[0]] if levels is not None else []
        found += [('_background_' if hole else name, (contour[:, 0] + 0.5) / FINER)
                  for contour, hole in zip(contours, holes) if len(contour) > 2]
    return sorted(found, key=lambda one: -cv2.contourArea(one[1].astype(np.float32)))


def write_outlined(out, *, images, size=64, seed=0):
    """Write a folder of scenes of one digit each; returns its path.

    Args:
        out: folder, new or empty.
        images: number of scenes.
        size: pixels a side.
        seed: other seeds, other scenes.

    Raises:
        UsageError: a number out of range, or a folder that holds something already.
    """
    from rich.progress import track
    out, scans = Path(out), load_scans('training')
    require_counts(images=images)
    require_counts(least=SMALLEST, size=size)
    require_counts(least=0, seed=seed)
    require_empty(out)
    for index in track(range(images), description='outlined scenes', transient=True):
        image, mask = draw_scene(index, scans=scans, seed=seed, size=size, digits=(1, 1))
        name = f'scene_{index:05d}'
        shapes = [dict(label=label, points=points.tolist(), group_id=None, shape_type='polygon', flags={})
                  for label, points in outlines(mask)]
        document = dict(version='5.4.1', flags={}, shapes=shapes, imagePath=f'{name}.jpg', imageData=None,
                        imageHeight=size, imageWidth=size)
        picture = cv2.imencode('.jpg', image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])[1]
        write_whole(picture.tobytes(), out / f'{name}.jpg')
        write_whole(json.dumps(document).encode(), out / f'{name}.json')
    return out


def main(args=None):
    parser = argparse.ArgumentParser(prog='python -m vpt_mm.datasets.digits.outlined',
                                     description=__doc__.split('\n')[0])
    parser.add_argument('out', help='folder to write; must be new or empty')
    parser.add_argument('--images', type=int, default=240, help='scenes (default: %(default)s)')
    parser.add_argument('--size', type=int, default=64, help='pixels a side (default: %(default)s)')
    parser.add_argument('--seed', type=int, default=0, help='other seeds, other scenes (default: %(default)s)')
    options = vars(parser.parse_args(args))
    with ending(parser):
        print(write_outlined(options.pop('out'), **options))


if __name__ == '__main__':
    main()
