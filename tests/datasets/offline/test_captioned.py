"""Captioned symbols: what is told, what is held out, and that all comes from the seed."""
import re

import numpy as np
import pytest
from mmengine.registry import DATASETS

from vpt_mm.datasets.offline import captioned
from vpt_mm.datasets.offline.symbols import FIGURES, LETTERS
from vpt_mm.errors import UsageError


def some(count):
    data = DATASETS.build(dict(type='CaptionedSymbols', images=count))
    return [data[number] for number in range(count)]


def test_an_image_and_its_caption_depend_on_seed_and_number_alone():
    few, many, other = (DATASETS.build(dict(type='CaptionedSymbols', **config))
                        for config in (dict(images=2), dict(images=4), dict(images=2, seed=1)))
    assert np.array_equal(few[1]['img'], many[1]['img']) and few[1]['caption'] == many[1]['caption']
    assert not np.array_equal(few[1]['img'], other[1]['img'])


def test_captions_tell_letters_figures_grounds_and_styles_in_words():
    captions = [item['caption'] for item in some(400)]
    text = ' '.join(captions)
    words = {*FIGURES, *captioned.GROUNDS, *captioned.STYLES, 'striped', 'capital', 'small'}
    assert {word for word in words if word not in text} == set()
    assert not re.search(r'[{}]|  |\ba (arrow|image|inverted|outlined)|\ban (?!arrow|image|inverted|outlined)', text)
    assert 0.7 < sum('letter' in one or 'capital' in one or 'small' in one for one in captions) / 400 < 0.95


def test_what_is_held_out_is_in_no_caption():
    assert set(captioned.SEEN) | set(captioned.UNSEEN) == set(LETTERS) and len(captioned.SEEN) == 31
    told = re.compile(r'(capital|small) ([a-z])\b')
    seen = {match.groups() for item in some(400) if (match := told.search(item['caption']))}
    assert len(seen) == 31
    assert seen.isdisjoint(tuple(captioned.name_of(letter).split()) for letter in captioned.UNSEEN)
    pairs = {(letter, figure) for letter in LETTERS for figure in FIGURES if captioned.is_seen(letter, figure)}
    assert len(pairs) == 7 * 31
    for item in some(300):
        letter, figure = told.search(item['caption']), [one for one in FIGURES if one in item['caption']]
        if letter and figure:
            case, name = letter.groups()
            assert (name.upper() if case == 'capital' else name, figure[0]) in pairs


def test_the_words_of_a_held_out_letter_are_known():
    assert {letter.lower() for letter in captioned.UNSEEN} <= {letter.lower() for letter in captioned.SEEN}


def test_wrong_numbers_are_refused():
    with pytest.raises(UsageError, match='images must be a whole number of at least 1, got 0'):
        DATASETS.build(dict(type='CaptionedSymbols', images=0))
