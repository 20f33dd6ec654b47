"""Symbols: images with four labels, of other things than the tasks."""
import numpy as np
import pytest
from mmengine.registry import DATASETS

from vpt_mm.datasets.offline import symbols
from vpt_mm.errors import UsageError

CLASSES = dict(letter=41, figure=10, fill=8, ground=8)


def test_an_image_depends_on_seed_and_number_alone():
    few, many, other = (DATASETS.build(dict(type='Symbols', **config))
                        for config in (dict(images=2), dict(images=4), dict(images=2, seed=1)))
    assert np.array_equal(few[1]['img'], many[1]['img']) and few[1]['gt_label'] == many[1]['gt_label']
    assert not np.array_equal(few[1]['img'], other[1]['img'])


def test_every_class_occurs():
    seen = {name: set() for name in CLASSES}
    rng = np.random.default_rng(0)
    for _ in range(300):
        image, labels = symbols.draw_symbol(rng=rng)
        assert image.shape == (64, 64, 3) and image.dtype == np.uint8
        for name, label in labels.items():
            seen[name].add(label)
    assert seen == {name: set(range(count)) for name, count in CLASSES.items()}


def test_no_letter_is_a_digit():
    assert len(set(symbols.LETTERS)) == 41 and symbols.LETTERS.isalpha()


def test_figures_and_letters_are_inside_the_image():
    rng = np.random.default_rng(0)
    for figure in range(10):
        assert symbols.figure_mask(figure, rng=rng).sum() > 60
    for letter in range(41):
        assert symbols.letter_ink(letter, rng=rng).sum() > 20


def test_wrong_numbers_are_refused():
    with pytest.raises(UsageError, match='images must be a whole number of at least 1, got 0'):
        DATASETS.build(dict(type='Symbols', images=0))
