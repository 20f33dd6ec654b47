"""Symbols: what the small backbones are pretrained on. No image and no class of it occurs in an offline task.

A letter, somewhere over a figure, on a ground; figure and ground are filled with noise of different spectra. Each is
a class of its own: 41 letters, 10 figures, 8 spectra of the figure and 8 of the ground, 26,240 combinations.
"""
import functools

import cv2
import numpy as np
from mmengine.registry import DATASETS

from .colours import GRAIN, SIZE, blend
from .drawn import PassingImages

LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghjkmnqrty'
FIGURES = ('triangle', 'pentagon', 'hexagon', 'star', 'cross', 'arrow', 'bolt', 'drop', 'crescent', 'house')
BANDS = (1.5, 3, 6, 12)   # cycles over 64 pixels, in all directions or mostly along one
FIELDS, FIELD = 24, 160   # pictures of noise for each spectrum, and their side
LEVELS = (35, 110, 205)    # of ground, figure and letter, of 255
ORDERED = 0.9             # share of the images with these levels; in the others the letter is darkest
DEPTHS = (10, 60)          # of noise, of 255: mostly little, where letters are learned first, and sometimes much
FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_TRIPLEX, cv2.FONT_HERSHEY_COMPLEX)


@DATASETS.register_module()
class Symbols(PassingImages):
    """Images with four labels, for mmpretrain's ``MultiTaskHead``; arguments are those of :class:`PassingImages`."""

    def draw(self, number):
        image, labels = draw_symbol(rng=self.random_of(number))
        return image, dict(gt_label=labels)


def draw_symbol(*, rng):
    """An image (64, 64, 3) RGB and its labels."""
    labels = dict(letter=int(rng.integers(len(LETTERS))), figure=int(rng.integers(len(FIGURES))),
                  fill=int(rng.integers(2 * len(BANDS))), ground=int(rng.integers(2 * len(BANDS))))
    ground, fill, ink = (np.array(LEVELS)[:, None] + rng.normal(0, 25, (3, 3)))[::1 if rng.random() < ORDERED else -1]
    image = filled(ground, labels['ground'], _depth(rng), rng=rng)
    shape = figure_mask(labels['figure'], rng=rng)[..., None]
    image += shape * (filled(fill, labels['fill'], _depth(rng), rng=rng) - image)
    image += letter_ink(labels['letter'], rng=rng)[..., None] * (ink - image)
    image += rng.normal(0, GRAIN, image.shape)  # brightness may help here, as it does in photographs
    return image.clip(0, 255).round().astype(np.uint8), labels


def draw_single(kind, label, *, rng):
    """An image (64, 64, 3) RGB of one letter or figure alone, on a ground as above.

    Args:
        kind: 'letter' or 'figure'.
        label: its number.
    """
    spectra = rng.integers(2 * len(BANDS), size=2)
    ground, fill, ink = (np.array(LEVELS)[:, None] + rng.normal(0, 25, (3, 3)))[::1 if rng.random() < ORDERED else -1]
    image = filled(ground, spectra[0], _depth(rng), rng=rng)
    if kind == 'letter':
        image += letter_ink(label, rng=rng)[..., None] * (ink - image)
    else:
        image += figure_mask(label, rng=rng)[..., None] * (filled(fill, spectra[1], _depth(rng), rng=rng) - image)
    image += rng.normal(0, GRAIN, image.shape)
    return image.clip(0, 255).round().astype(np.uint8)


def _depth(rng):
    return DEPTHS[0] + (DEPTHS[1] - DEPTHS[0]) * rng.random() ** 2


def filled(colour, spectrum, depth, *, rng):
    """A colour (3,) that noise of a spectrum makes lighter and darker by ``depth``: (64, 64, 3)."""
    return blend(_noise(spectrum, rng=rng), colour - depth, colour + depth)


def _noise(spectrum, *, rng):
    top, left = rng.integers(0, FIELD - SIZE + 1, 2)
    field = _fields()[spectrum, rng.integers(FIELDS), top:top + SIZE, left:left + SIZE]
    return field.T if rng.random() < 0.5 else field


@functools.cache
def _fields():
    """Noise in 0..1 of every spectrum: (8, FIELDS, FIELD, FIELD)."""
    rng = np.random.default_rng(0)
    v, u = np.meshgrid(*[np.fft.fftfreq(FIELD) * SIZE] * 2, indexing='ij')
    fields = []
    for directed in (False, True):
        for band in BANDS:
            for _ in range(FIELDS):
                away = np.angle(np.exp(2j * (np.arctan2(v, u) - rng.uniform(0, np.pi)))) / 2
                spread = np.exp(-(away / 0.25) ** 2) if directed else 1
                passed = np.exp(-2 * np.log((np.hypot(u, v) + 1e-9) / band) ** 2 / 0.35) * spread
                field = np.fft.ifft2(passed * np.fft.fft2(rng.normal(size=u.shape))).real
                fields.append((0.5 + field / field.std() / 4).clip(0, 1))
    return np.stack(fields).reshape(2 * len(BANDS), FIELDS, FIELD, FIELD).astype(np.float32)


def figure_mask(label, *, rng):
    """A mask (64, 64) in 0..1."""
    angle, radius = rng.uniform(-0.4, 0.4), rng.uniform(18, 30)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    corners = OUTLINES[FIGURES[label]] * radius * rng.uniform(0.8, 1.1, 2) @ rotation.T + rng.uniform(22, SIZE - 22, 2)
    mask = np.zeros((SIZE * 2, SIZE * 2), np.uint8)
    cv2.fillPoly(mask, [(corners * 2).round().astype(np.int32)], 255)
    return cv2.resize(mask, (SIZE, SIZE), interpolation=cv2.INTER_AREA) / 255


def letter_ink(label, *, rng):
    """The ink (64, 64) of a letter in 0..1."""
    side = 48
    font, thick = FONTS[rng.integers(len(FONTS))], int(rng.integers(2, 5))
    (width, height), _ = cv2.getTextSize(LETTERS[label], font, 1.2, thick)
    ink = np.zeros((side, side), np.uint8)
    cv2.putText(ink, LETTERS[label], ((side - width) // 2, (side + height) // 2), font, 1.2, 255, thick, cv2.LINE_AA)
    move = cv2.getRotationMatrix2D((side / 2, side / 2), rng.uniform(-15, 15), rng.uniform(0.9, 1.7))
    move[:, 2] += rng.uniform(22, SIZE - 22, 2) - side / 2
    return cv2.warpAffine(ink, move, (SIZE, SIZE), flags=cv2.INTER_LINEAR) / 255


def _polygon(corners, inner=None):
    """A regular polygon with a corner on top, or a star with inner corners."""
    count = corners if inner is None else 2 * corners
    t = np.linspace(0, 2 * np.pi, count, endpoint=False) - np.pi / 2
    radius = np.where(np.arange(count) % 2, inner or 1, 1)[:, None]
    return radius * np.stack([np.cos(t), np.sin(t)], 1)


def _crescent():
    t = np.linspace(-2.2, 2.2, 20)
    outer = np.stack([np.cos(t), np.sin(t)], 1)
    return np.concatenate([outer, outer[::-1] * [0.35, 1] - [0.38, 0]])


def _drop():
    t = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    return np.stack([0.75 * np.sin(t) * np.sin(t / 2) ** 1.5, -np.cos(t)], 1)[:, ::1] * [1.2, -1]


OUTLINES = dict(
    triangle=_polygon(3), pentagon=_polygon(5), hexagon=_polygon(6), star=_polygon(5, 0.42), drop=_drop(),
    crescent=_crescent(),
    cross=np.array([[-.3, -1], [.3, -1], [.3, -.3], [1, -.3], [1, .3], [.3, .3], [.3, 1], [-.3, 1], [-.3, .3],
                    [-1, .3], [-1, -.3], [-.3, -.3]]),
    arrow=np.array([[-1, -.3], [.1, -.3], [.1, -.8], [1, 0], [.1, .8], [.1, .3], [-1, .3]]),
    bolt=np.array([[.2, -1], [-.6, .2], [0, .2], [-.3, 1], [.6, -.2], [.05, -.2]]),
    house=np.array([[0, -1], [.9, -.2], [.7, -.2], [.7, .9], [-.7, .9], [-.7, -.2], [-.9, -.2]]))
