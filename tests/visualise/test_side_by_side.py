"""Masks are coloured by their classes."""
import numpy as np

from vpt_mm.visualise.side_by_side import colour


def test_numbers_without_a_colour_are_black():
    found = colour(np.array([[0, 1, 255]], np.uint8), np.array([[1, 2, 3], [4, 5, 6]], np.uint8))
    assert found.tolist() == [[[1, 2, 3], [4, 5, 6], [0, 0, 0]]]
