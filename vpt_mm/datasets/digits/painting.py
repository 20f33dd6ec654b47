"""What digit scenes are made of: backgrounds and digits. All chance comes from `rng`."""
import cv2
import numpy as np

LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601, RGB
DARK = 110     # the brightest that a channel of a ground can be, of 255
CONTRAST = 80  # least difference of luma between ink and ground, of 255
TURN = 12      # degrees that a digit may lean


def plain(size, *, rng):
    """A background of one colour: (size, size, 3) float RGB in 0..255."""
    return np.tile(rng.uniform(0, DARK, 3), (size, size, 1))


def textured(size, *, rng):
    """Two colours mixed by clouds and stripes: (size, size, 3) float RGB."""
    first, second = rng.uniform(0, DARK, (2, 3))
    blend = clouds(size, rng=rng)
    if rng.random() < 0.5:
        blend = (blend + stripes(size, rng=rng)) / 2
    return first + blend[..., None] * (second - first)


def clouds(size, *, rng):
    """Noise of three scales in 0..1: (size, size)."""
    layers = [cv2.resize(rng.random((cells, cells)), (size, size), interpolation=cv2.INTER_CUBIC)
              for cells in (3, 8, 20)]
    noise = layers[0] + layers[1] / 2 + layers[2] / 2
    return (noise - noise.min()) / np.ptp(noise)


def stripes(size, *, rng):
    """A sine wave of random direction and wavelength in 0..1: (size, size)."""
    angle, waves, phase = rng.uniform(0, np.pi), rng.uniform(4, 12), rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[:size, :size] / size
    return (1 + np.sin(2 * np.pi * waves * (x * np.cos(angle) + y * np.sin(angle)) + phase)) / 2


def draw_digit(ground, scan, *, rng):
    """Draw a scan (8, 8) over `ground` (side, side, 3), in place; returns its ink (side, side) in 0..1."""
    ink = _draw_ink(scan, side=len(ground), angle=rng.uniform(-TURN, TURN))
    ground += ink[..., None] * (_ink_colour(ground, rng=rng) - ground)
    return ink


def _draw_ink(scan, *, side, angle):
    padded = np.pad(scan, 1)  # (10, 10): strokes at the rim keep a soft edge
    turn = cv2.getRotationMatrix2D((4.5, 4.5), angle, side / 10)
    turn[:, 2] += (side - 1) / 2 - 4.5
    ink = cv2.warpAffine(padded, turn, (side, side), flags=cv2.INTER_CUBIC)
    return np.clip((ink - 0.35) / 0.3, 0, 1)  # crisp strokes out of blurred scans


def _ink_colour(ground, *, rng):
    """A colour (3,) that stands out from `ground` (side, side, 3)."""
    luma = float(np.mean(ground @ LUMA))
    for _ in range(100):
        colour = rng.uniform(0, 255, 3)
        if colour @ LUMA - luma >= CONTRAST:
            return colour
    return np.full(3, 255.)
