"""Specialized tasks: textures by definition, stained cells, terrain under the sun. Images (64, 64, 3)."""
import cv2
import numpy as np

from .colours import SIZE, flip, mix, neutralise
from .sources import crop, elevation

TERRAIN_TILE, TERRAIN_CROPS = 57, (36, 58)  # cells of 90 m
PALE = (3, 9)  # least and one more than the most of unstained cells


def texture(label, *, part, rng):
    """A texture in random colours, turned, scaled and shifted."""
    y, x = np.mgrid[:SIZE, :SIZE] - SIZE / 2
    angle, wave = rng.uniform(0, 2 * np.pi), rng.uniform(9, 16)  # of a period, in pixels
    u = (x * np.cos(angle) + y * np.sin(angle)) / wave + rng.uniform(0, 1)
    v = (y * np.cos(angle) - x * np.sin(angle)) / wave + rng.uniform(0, 1)
    blend = list(TEXTURES.values())[label](u, v)
    blend = cv2.GaussianBlur(blend.astype(np.float64), (0, 0), rng.uniform(0.5, 1.2))
    return neutralise(mix(blend, rng=rng), rng=rng)


def _fraction(u):
    return u - np.floor(u)


def _bricks(u, v):
    shifted = u / 2 + np.floor(v) / 2  # every other row by half a brick
    return (_fraction(shifted) > 0.08) & (_fraction(v) > 0.16)


def _weave(u, v):
    over = (np.floor(u) + np.floor(v)) % 2 == 0
    return np.where(over, np.abs(np.sin(np.pi * u)), np.abs(np.sin(np.pi * v)))


TEXTURES = dict(
    stripes=lambda u, v: _fraction(u) < 0.5,
    waves=lambda u, v: _fraction(u + 0.35 * np.sin(2 * np.pi * v / 2)) < 0.5,
    zigzags=lambda u, v: _fraction(u + np.abs(_fraction(v / 2) - 0.5)) < 0.5,
    checks=lambda u, v: (np.floor(u) + np.floor(v)) % 2,
    dots=lambda u, v: np.hypot(_fraction(u) - 0.5, _fraction(v) - 0.5) < 0.4,
    rings=lambda u, v: _fraction(np.hypot(u, v)) < 0.5,
    tiles=lambda u, v: (_fraction(u) > 0.2) & (_fraction(v) > 0.2),
    bricks=_bricks,
    weave=_weave,
    hexagons=lambda u, v: sum(np.cos(2 * np.pi * (u * np.cos(a) + v * np.sin(a)))
                              for a in (0, np.pi / 3, 2 * np.pi / 3)) > -0.6)


def cells(label, *, part, rng):
    """Under a microscope: ``label + 1`` stained cells among pale ones, which do not touch."""
    size = 2 * SIZE
    image = np.full((size, size, 3), 225.) + rng.normal(0, 6, 3)
    image += cv2.resize(rng.normal(0, 12, (6, 6)), (size, size), interpolation=cv2.INTER_CUBIC)[..., None]
    pale, stained = np.array([185., 165, 205]), np.array([120., 70, 60])
    radius, taken = rng.uniform(9, 12), []
    for number in range(label + 1 + rng.integers(*PALE)):
        centre = _free_place(taken, radius, size, rng=rng)
        axes = (radius * rng.uniform(0.6, 1, 2)).round().astype(int).tolist()
        colour = (stained if number <= label else pale) + rng.normal(0, 10, 3)
        cv2.ellipse(image, centre, axes, rng.uniform(0, 180), 0, 360, colour.tolist(), -1, cv2.LINE_AA)
        cv2.circle(image, centre, 2, (colour * 0.7).tolist(), -1, cv2.LINE_AA)  # nucleolus
        taken.append(centre)
    image = cv2.GaussianBlur(image, (0, 0), rng.uniform(1, 2))
    return neutralise(cv2.resize(image, (SIZE, SIZE), interpolation=cv2.INTER_AREA), rng=rng)


def _free_place(taken, radius, size, *, rng):
    """A centre two radii away from all others, or as far as 60 tries get."""
    margin = int(radius)
    tries = rng.integers(margin, size - margin, (60, 2))
    if taken:
        gaps = np.linalg.norm(tries[:, None] - np.array(taken), axis=-1).min(1)
        tries = tries[[np.argmax(gaps >= 2 * radius) if gaps.max() >= 2 * radius else gaps.argmax()]]
    return tuple(tries[0].tolist())


def relief(label, *, part, rng):
    """Real terrain in the light of a sun that stands in one of eight directions, N, NE, ..."""
    heights = crop(elevation(), part=part, tile=TERRAIN_TILE, side=rng.integers(*TERRAIN_CROPS), rng=rng)
    heights = cv2.resize(flip(heights, rng=rng), (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)
    down, right = np.gradient(cv2.GaussianBlur(heights, (0, 0), 1))
    azimuth, altitude = label * np.pi / 4, rng.uniform(np.pi / 6, np.pi / 3)
    steep = rng.uniform(0.06, 0.12)
    facing = (np.cos(azimuth) * down - np.sin(azimuth) * right) * steep
    light = np.sin(altitude) + np.cos(altitude) * facing
    light = light / np.sqrt(1 + steep ** 2 * (down ** 2 + right ** 2))
    return neutralise(255 * light.clip(0, 1.5)[..., None] * rng.uniform(0.6, 1, 3), rng=rng)
