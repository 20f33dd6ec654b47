"""Drawings of a letter over a figure in five styles: the domains of the small image-text model."""
import cv2
import numpy as np

from ...errors import UsageError
from .colours import GRAIN
from .symbols import BANDS, FIGURES, LETTERS, LEVELS, figure_mask, filled, letter_ink

STYLES = ('clean', 'noisy', 'inverted', 'outlined', 'textured')
SMOOTH, ROUGH = 12, 85    # depth of what fills ground and figure, of 255
NOISE = 60                # standard deviation of noisy pixels, of 255


def draw(letter, figure, *, style, ground=None, rng):
    """An image (64, 64, 3) RGB uint8.

    Args:
        letter: of ``LETTERS``.
        figure: of ``FIGURES``.
        style: 'clean'; 'noisy' pixels; 'inverted' brightness; 'outlined', with the edges of letter and figure alone;
            'textured', where noise with a spectrum of its own fills ground, figure and letter.
        ground: spectrum of the ground, 0..7; any by default.

    Raises:
        UsageError: an unknown style.
    """
    if style not in STYLES:
        raise UsageError(f"style must be one of {', '.join(STYLES)}, got {style!r}.")
    depth = ROUGH if style == 'textured' else SMOOTH
    spectra = rng.integers(2 * len(BANDS), size=3)
    if ground is not None:
        spectra[0] = ground
    colours = (np.array(LEVELS)[:, None] + rng.normal(0, 20, (3, 3))).astype(np.float32)
    image, fill, ink = (filled(colour, spectrum, depth, rng=rng) for colour, spectrum in zip(colours, spectra))
    for over, shape in ((fill, figure_mask(FIGURES.index(figure), rng=rng)),
                        (ink, letter_ink(LETTERS.index(letter), rng=rng))):
        shape = shape.astype(np.float32)
        if style == 'outlined':
            shape = cv2.morphologyEx(shape, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
        image += shape[..., None] * (over - image)
    if style == 'inverted':
        image = 255 - image
    image += (NOISE if style == 'noisy' else GRAIN) * rng.standard_normal(image.shape, np.float32)
    return image.clip(0, 255).round().astype(np.uint8)
