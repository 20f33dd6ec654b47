"""Backgrounds and drawn digits."""
import numpy as np
import pytest

from vpt_mm.datasets.digits.painting import CONTRAST, DARK, LUMA, draw_digit, plain, textured
from vpt_mm.datasets.digits.scans import load_scans


@pytest.mark.parametrize('painter', [plain, textured])
def test_grounds_are_dark(painter):
    for seed in range(20):
        ground = painter(32, rng=np.random.default_rng(seed))
        assert ground.shape == (32, 32, 3)
        assert ground.min() >= 0 and ground.max() <= DARK


def test_only_textures_vary_within_an_image():
    rng = np.random.default_rng(0)
    assert np.ptp(plain(32, rng=rng), axis=(0, 1)).max() == 0
    assert np.ptp(textured(32, rng=rng), axis=(0, 1)).max() > 10


def test_ink_stands_out_and_leaves_the_rest_alone():
    scan = load_scans('training')[0][0]
    for seed in range(20):
        rng = np.random.default_rng(seed)
        ground = textured(40, rng=rng)
        before = ground.copy()
        ink = draw_digit(ground, scan, rng=rng)
        assert np.array_equal(ground[ink == 0], before[ink == 0])
        assert (ground[ink == 1] @ LUMA).mean() - (before @ LUMA).mean() >= CONTRAST - 1e-6


def test_a_drawn_digit_keeps_the_shape_of_its_scan():
    scan = load_scans('training')[0][3]
    ink = draw_digit(np.zeros((100, 100, 3)), scan, rng=StraightDigits())
    cells = ink.reshape(10, 10, 10, 10).mean(axis=(1, 3))[1:9, 1:9]
    assert np.corrcoef(cells.ravel(), scan.ravel())[0, 1] > 0.9


class StraightDigits:
    """Chance that leans no digit."""

    def uniform(self, low, high, size=None):
        return 0. if size is None else np.full(size, high)
