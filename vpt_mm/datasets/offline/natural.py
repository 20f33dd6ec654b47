"""Natural tasks: real images. A label and chance in, an image (64, 64, 3) out."""
import cv2
import numpy as np

from ..digits.painting import draw_digit
from .colours import SIZE, flip, neutralise
from .sources import crop, photo, scans_of

# Name of the photograph, and top, bottom, left, right of a part of it that shows one thing.
THINGS = dict(
    pagoda=('china', 100, 350, 90, 330), tree=('china', 290, 425, 340, 550), petal=('flower', 90, 350, 170, 430),
    leaf=('flower', 60, 420, 0, 160), flag=('hopper', 0, 360, 0, 140), face=('hopper', 125, 325, 165, 365),
    jacket=('hopper', 420, 600, 20, 500))
TILE, CROPS = 40, (28, 41)     # pixels of THINGS
SCENE_TILE, SCENE_CROPS = 85, (60, 86)  # pixels of whole photographs
DIGIT = (0.5, 0.9)             # side of a digit, of the image's side


def digit(label, *, part, rng):
    """A handwritten digit (scikit-learn) on a piece of a photograph."""
    inks, digits = scans_of(part)
    return neutralise(_written(inks[rng.choice(np.flatnonzero(digits == label))], part=part, rng=rng), rng=rng)


def thing(label, *, part, rng):
    """What a small piece of a photograph shows."""
    name, top, bottom, left, right = list(THINGS.values())[label]
    image = _piece(photo(name)[top:bottom, left:right], part=part, tile=TILE, crops=CROPS, rng=rng)
    return neutralise(flip(image, rng=rng), rng=rng)


def turn(label, *, part, rng):
    """By how many quarters such an image was turned (Gidaris et al. 2018)."""
    inks, _ = scans_of(part)
    image = _written(inks[rng.integers(len(inks))], part=part, rng=rng)
    return neutralise(np.rot90(image, label), rng=rng)


def _written(scan, *, part, rng):
    """A digit over a dark piece of a photograph: (64, 64, 3)."""
    name = ('china', 'flower', 'hopper')[rng.integers(3)]
    image = _piece(photo(name), part=part, tile=SCENE_TILE, crops=SCENE_CROPS, rng=rng) * 0.4
    side = int(SIZE * rng.uniform(*DIGIT))
    top, left = rng.integers(0, SIZE - side + 1, 2)
    draw_digit(image[top:top + side, left:left + side], scan, rng=rng)
    return image


def _piece(picture, *, part, tile, crops, rng):
    piece = crop(picture, part=part, tile=tile, side=rng.integers(*crops), rng=rng)
    return cv2.resize(piece, (SIZE, SIZE), interpolation=cv2.INTER_AREA).astype(np.float64)
