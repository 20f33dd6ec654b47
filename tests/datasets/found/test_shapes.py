"""Areas are painted pixel by pixel as their rules say."""
import numpy as np
import pytest
from pycocotools import mask as library

from vpt_mm.datasets.found.shapes import Disc, Drawing, Polygon, box, fill, polygon, run_lengths, unpack_counts
from vpt_mm.errors import UsageError


def lies_inside(x, y, points):
    """Whether a ray from a place to the right crosses the edges an odd number of times."""
    crossings = 0
    for (x1, y1), (x2, y2) in zip(points, [*points[1:], points[0]]):
        if (y1 <= y) != (y2 <= y):
            crossings += x < x1 + (y - y1) * (x2 - x1) / (y2 - y1)
    return crossings % 2 == 1


@pytest.mark.parametrize('seed', range(6))
def test_pixels_of_a_polygon_are_those_whose_centres_lie_inside(seed):
    """Of polygons that cross themselves, and lie beyond the image."""
    points = np.random.default_rng(seed).uniform(-6, 26, (3 + 2 * seed, 2))
    filled = fill(points, (15, 20))
    twin = [[lies_inside(column + 0.5, row + 0.5, points.tolist()) for column in range(20)] for row in range(15)]
    assert filled.any() and np.array_equal(filled, twin)
    mask = np.zeros((15, 20), np.uint8)
    Polygon(points).paint(mask, 7)
    assert np.array_equal(mask, 7 * np.array(twin))


def test_later_areas_lie_on_earlier_ones_and_unknown_names_are_ignored():
    size = (6, 4)
    drawing = Drawing(size, [('a', box([0, 0, 4, 4], size, '')), ('b', box([5, 3, 2, 1], size, '')),
                             ('c', Disc((5.5, 0.5), (0.6, 0.6)))])
    assert drawing.paint(dict(a=1, b=2)).tolist() == [[1, 1, 1, 1, 0, 255], [1, 1, 2, 2, 2, 0], [1, 1, 2, 2, 2, 0],
                                                      [1, 1, 1, 1, 0, 0]]


def test_packed_run_lengths_are_those_of_cocos_library():
    masks = np.random.default_rng(0).random((5, 30, 40)) > np.array([0.5, 0.01, 0.99, 0.9, 2])[:, None, None]
    for mask in masks:
        packed = library.encode(np.asfortranarray(mask.astype(np.uint8)))['counts'].decode()
        assert np.array_equal(run_lengths(unpack_counts(packed), (30, 40), '', order='F'), mask)


@pytest.mark.parametrize('points, said', [
    ([[0, 0], [30, 0], [3, 3]], r'here: the point \(30, 0\) lies outside of the image, which is 12x8'),
    ([[0, 0], [1, 1]], 'three points or more, got 2'), ([0, 0, 1], 'pairs of numbers'),
    ([[0, 0], [1, 1], [float('nan'), 1]], 'pairs of numbers'), (['a', 'b'], 'pairs of numbers')])
def test_what_is_no_polygon_of_the_image(points, said):
    with pytest.raises(UsageError, match=said):
        polygon(points, (12, 8), 'here')


@pytest.mark.parametrize('counts', [[3, 4], [3, -1, 10], [12.0], [10 ** 30]])
def test_run_lengths_that_do_not_fill_the_mask(counts):
    with pytest.raises(UsageError, match='add up to 4x3 pixels'):
        run_lengths(counts, (3, 4), 'here')
