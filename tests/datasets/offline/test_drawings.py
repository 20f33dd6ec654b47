"""Drawings: five styles of one letter and figure."""
import numpy as np
import pytest

from vpt_mm.datasets.offline.drawings import STYLES, draw
from vpt_mm.errors import UsageError


def drawn(style, seed=0):
    return draw('R', 'star', style=style, rng=np.random.default_rng(seed)).astype(float)


def test_styles_differ_in_what_they_say():
    images = {style: np.stack([drawn(style, seed) for seed in range(8)]) for style in STYLES}
    assert all(one.shape == (8, 64, 64, 3) for one in images.values())
    brightness = {style: one.mean() for style, one in images.items()}
    assert brightness['inverted'] > 128 > brightness['clean']
    assert np.abs(images['inverted'] - (255 - images['clean'])).mean() < 5  # but for the grain
    rough = {style: np.abs(np.diff(one, axis=2)).mean() for style, one in images.items()}
    assert rough['noisy'] > 3 * rough['clean'] and rough['textured'] > 1.5 * rough['clean']
    bright = {style: (one.mean(-1) > 150).mean() for style, one in images.items()}
    assert 0 < bright['outlined'] < 0.7 * bright['clean']


def test_an_unknown_style_is_refused():
    with pytest.raises(UsageError, match="style must be one of clean, .*, got 'blurred'"):
        drawn('blurred')
