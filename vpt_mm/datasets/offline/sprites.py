"""Location and orientation of sprites, from the factors of dSprites (Matthey et al. 2017). Images (64, 64, 3).

Shape (square, ellipse, heart), six scales 0.5..1, forty orientations 0..2 pi, thirty-two positions in x and in y, all
independent. As in VTAB the values of a factor are binned into sixteen classes.
"""
import cv2
import numpy as np

from .colours import SIZE, mix, neutralise

SCALES, ORIENTATIONS, POSITIONS, CLASSES = 6, 40, 32, 16
RADIUS = 13   # pixels, of a sprite of scale 1
MIDDLE = (13, 19)  # of POSITIONS
FINE = 4      # times finer than the image, the grid that is drawn on


def location(label, *, part, rng):
    """Where the sprite is from left to right."""
    return _sprite(rng=rng, turn=rng.integers(ORIENTATIONS), x=_value(label, POSITIONS, rng=rng),
                   y=rng.integers(POSITIONS))


def orientation(label, *, part, rng):
    """How the sprite is turned. A square looks the same after a quarter turn, an ellipse after half a turn.

    The sprite is in the middle: over all positions a thousand images teach nothing.
    """
    x, y = rng.integers(*MIDDLE, 2)
    return _sprite(rng=rng, turn=_value(label, ORIENTATIONS, rng=rng), x=x, y=y)


def _value(label, values, *, rng):
    """One of the values 0..values-1 that fall into the class ``label``."""
    classes = np.arange(values) * CLASSES // values
    return rng.choice(np.flatnonzero(classes == label))


def _sprite(*, rng, turn, x, y):
    shape = rng.integers(3)
    size = RADIUS * (0.5 + rng.integers(SCALES) / (2 * (SCALES - 1)))
    angle = 2 * np.pi * turn / ORIENTATIONS
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    centre = RADIUS * 1.2 + np.array([x, y]) / (POSITIONS - 1) * (SIZE - 2.4 * RADIUS)
    corners = OUTLINES[shape] * size @ rotation.T + centre
    ink = np.zeros((SIZE * FINE, SIZE * FINE), np.uint8)
    cv2.fillPoly(ink, [(corners * FINE).round().astype(np.int32)], 255)
    ink = cv2.resize(ink, (SIZE, SIZE), interpolation=cv2.INTER_AREA) / 255
    return neutralise(mix(ink, rng=rng), rng=rng)


def _outlines():
    """The corners of a square, an ellipse and a heart within a circle of radius about 1."""
    t = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    heart = np.stack([16 * np.sin(t) ** 3,
                      -13 * np.cos(t) + 5 * np.cos(2 * t) + 2 * np.cos(3 * t) + np.cos(4 * t)], 1) / 17
    return (np.array([[-.8, -.8], [.8, -.8], [.8, .8], [-.8, .8]]),
            np.stack([np.cos(t), 0.55 * np.sin(t)], 1), heart)


OUTLINES = _outlines()
