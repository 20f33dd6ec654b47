"""CaptionedSymbols: what the small image-text model is pretrained on, a letter over a figure and a sentence.

Letters ``UNSEEN`` are in no image and no caption. Nor is a pair of letter and figure that :func:`is_seen` denies: three
figures for every letter.
"""
import re

import numpy as np
from mmengine.registry import DATASETS

from .drawings import STYLES, draw
from .drawn import PassingImages
from .symbols import BANDS, FIGURES, LETTERS

UNSEEN = 'ADENRbfkmt'  # their words are known: the other form of each is seen
SEEN = ''.join(letter for letter in LETTERS if letter not in UNSEEN)
APART = 10  # pairs whose numbers add up to 0, 3 or 7 modulo this are held out
HELD_OUT = (0, 3, 7)
STYLE_SHARES = (0.6, 0.1, 0.1, 0.1, 0.1)  # of STYLES
GROUNDS = ('cloudy', 'blotchy', 'rippled', 'grainy')  # in the order of BANDS; 'striped' as well in one direction

# What a caption names: both, the letter alone, the figure alone. {style} is empty in half of the captions.
BOTH = ('a {style}drawing of a {letter} on a {figure}.', 'a {letter} on a {figure}.',
        'a {figure} with a {letter} on it.', 'a {style}picture of a {letter} over a {figure}.',
        'the letter {letter} and a {figure}, a {style}image.', 'a {figure} under a {letter} on a {ground} ground.')
LETTER = ('a {style}drawing of a {letter}.', 'a {letter}.', 'the letter {letter}.', 'a {style}picture of a {letter}.',
          'a {letter}, a {style}image.', 'a {letter} on a {ground} ground.')
FIGURE = ('a {style}drawing of a {figure}.', 'a {figure}.', 'a {style}picture of a {figure}.',
          'a {figure}, a {style}image.', 'a {figure} on a {ground} ground.')
WORDINGS, TOLD = (BOTH, LETTER, FIGURE), (0.5, 0.35, 0.15)


def name_of(letter):
    """'capital r' or 'small r': CLIP's vocabulary knows no capitals."""
    return f"{'capital' if letter.isupper() else 'small'} {letter.lower()}"


@DATASETS.register_module()
class CaptionedSymbols(PassingImages):
    """Images with a ``caption`` each; arguments are those of :class:`PassingImages`."""

    METAINFO = dict(classes=[name_of(letter) for letter in SEEN])

    def draw(self, number):
        image, caption = draw_captioned(rng=self.random_of(number))
        return image, dict(caption=caption)


def draw_captioned(*, rng):
    """An image (64, 64, 3) RGB of a seen pair, and a caption."""
    while True:
        letter, figure = SEEN[rng.integers(len(SEEN))], FIGURES[rng.integers(len(FIGURES))]
        if is_seen(letter, figure):
            break
    style = STYLES[np.searchsorted(np.cumsum(STYLE_SHARES), rng.random(), side='right')]
    ground = int(rng.integers(2 * len(BANDS)))
    return draw(letter, figure, style=style, ground=ground, rng=rng), _caption(letter, figure, style, ground, rng=rng)


def is_seen(letter, figure):
    """Whether a letter of ``LETTERS`` stands over a figure of ``FIGURES`` in pretraining."""
    place = LETTERS.index(letter) + FIGURES.index(figure)
    return letter in SEEN and place % APART not in HELD_OUT


def _caption(letter, figure, style, ground, *, rng):
    wordings = WORDINGS[np.searchsorted(np.cumsum(TOLD), rng.random(), side='right')]
    striped = ' striped' if ground >= len(BANDS) else ''
    caption = wordings[rng.integers(len(wordings))].format(
        letter=name_of(letter), figure=figure, ground=GROUNDS[ground % len(BANDS)] + striped,
        style=f'{style} ' if rng.random() < 0.5 else '')
    return re.sub(r'\ba (?=(?:arrow|image|inverted|outlined)\b)', 'an ', caption)
