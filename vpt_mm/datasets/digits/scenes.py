"""Digit scenes: handwritten digits on textured backgrounds, with pixel labels, offline.

    python -m vpt_mm.datasets.digits.scenes data/digit_scenes --images 600

writes a folder in ADE20K's layout. In the masks 1 is background and 2..11 are the
digits 0..9; 0, which ADE20K ignores, does not occur.
"""
import argparse
import functools
from pathlib import Path

import numpy as np

from ...errors import UsageError, ending, require_counts
from ...files import require_empty
from ..scene_folder import write_scene_folder
from .painting import draw_digit, textured
from .scans import SPLITS, load_scans

BACKGROUND, FIRST_DIGIT = 1, 2
SMALLEST = 64                 # pixels: below, the smallest digits fall apart
HAZE = 127.5                  # the grey that scenes of little contrast fade to
SEVERAL, ONE = (0.32, 0.55), (0.6, 0.95)  # side of a digit, of the scene's side


def draw_scene(index, *, scans, seed=0, split='training', size=128, digits=(3, 6), contrast=1, clearest=None):
    """Scene `index`: the image (size, size, 3) RGB and the mask (size, size), uint8.

    Args:
        index: scene number; the same number gives the same scene in any folder.
        scans: what `load_scans(split)` returned.
        digits: least and most that are aimed at; a lone one is larger.
        contrast: share of the full contrast that is left; the rest is grey haze.
        clearest: the share is drawn between ``contrast`` and this; None for ``contrast`` itself.
    """
    rng = np.random.default_rng([seed, SPLITS.index(split), index])
    image = textured(size, rng=rng)
    mask = np.full((size, size), BACKGROUND, np.uint8)
    free = np.ones((size, size), bool)
    for _ in range(rng.integers(digits[0], digits[1] + 1)):
        place = _free_square(free, ONE if digits[1] == 1 else SEVERAL, rng=rng)
        if place is not None:
            chosen = rng.integers(len(scans[0]))
            ink = draw_digit(image[place], scans[0][chosen], rng=rng)
            mask[place][ink >= 0.5] = FIRST_DIGIT + scans[1][chosen]
            free[place] = False
    image += rng.normal(0, 4, image.shape)  # grain of a camera
    if clearest is not None:
        contrast = rng.uniform(contrast, clearest)
    image = HAZE + contrast * (image.clip(0, 255) - HAZE)
    return image.round().astype(np.uint8), mask


def _free_square(free, sides, *, rng):
    """A random square that holds no digit yet, as two slices, or None after 30 tries."""
    size = len(free)
    for _ in range(30):
        side = int(size * rng.uniform(*sides))
        top, left = rng.integers(0, size - side + 1, 2)
        place = np.s_[top:top + side, left:left + side]
        if free[place].all():
            return place
    return None


def write_scenes(out, *, images, val_images=None, size=128, seed=0, digits=(3, 6), contrast=1,
                 clearest=None):
    """Write a folder of scenes in ADE20K's layout, whole or not at all.

    Args:
        images: number of training scenes.
        val_images: number of validation scenes, drawn from other scans than
            the training scenes; a quarter of `images` where None.
        size: pixels a side.
        digits: least and most in a scene.
        contrast: share of the full contrast that is left, above 0 and up to 1.
        clearest: the largest share, where each scene has one of its own, from ``contrast`` on.

    Raises:
        UsageError: a number out of range, or an `out` that holds something already.
    """
    val_images = max(1, images // 4) if val_images is None else val_images
    scene = dict(size=size, seed=seed, digits=digits, contrast=contrast, clearest=clearest)
    _check(Path(out), images=images, val_images=val_images, **scene)
    return write_scene_folder(out, {
        split: (count, functools.partial(draw_scene, scans=load_scans(split), split=split, **scene))
        for split, count in zip(SPLITS, (images, val_images))})


def _check(out, *, images, val_images, size, seed, digits, contrast, clearest):
    require_counts(images=images, **{'val-images': val_images})
    require_counts(least=SMALLEST, size=size)
    require_counts(least=0, seed=seed)
    if not 1 <= digits[0] <= digits[1]:
        raise UsageError(f'digits must be two whole numbers, 1 <= least <= most, got {digits[0]} and {digits[1]}.')
    if not 0 < contrast <= 1:
        raise UsageError(f'contrast must be above 0 and at most 1, got {contrast}.')
    if clearest is not None and not contrast <= clearest <= 1:
        raise UsageError(f'clearest must be from the contrast, {contrast}, to 1, got {clearest}.')
    require_empty(out)


def main(args=None):
    parser = argparse.ArgumentParser(prog='python -m vpt_mm.datasets.digits.scenes',
                                     description=__doc__.split('\n')[0])
    parser.add_argument('out', help='folder to write; must be new or empty')
    parser.add_argument('--images', type=int, default=600, help='training scenes (default: %(default)s)')
    parser.add_argument('--val-images', type=int, help='validation scenes (default: a quarter of --images)')
    parser.add_argument('--size', type=int, default=128, help='pixels a side (default: %(default)s)')
    parser.add_argument('--seed', type=int, default=0, help='other seeds, other scenes (default: %(default)s)')
    parser.add_argument('--digits', type=int, nargs=2, default=(3, 6), metavar=('LEAST', 'MOST'),
                        help='digits in a scene (default: 3 6)')
    parser.add_argument('--contrast', type=float, default=1, help='share left of the full contrast (default: 1)')
    parser.add_argument('--clearest', type=float, metavar='SHARE',
                        help='each scene has a contrast of its own, between --contrast and this')
    options = vars(parser.parse_args(args))
    with ending(parser):
        print(write_scenes(options.pop('out'), **options))


if __name__ == '__main__':
    main()
