"""A share of a set keeps every class."""
import numpy as np
import pytest

from vpt_mm.datasets.share import share_by_class
from vpt_mm.errors import UsageError

LABELS = [2, 0, 0, 1, 0, 0, 2, 2, 2, 0]


@pytest.mark.parametrize('fraction, kept', [
    (0.01, [0, 1, 3]), (0.5, [0, 1, 2, 3, 6]), (0.8, [0, 1, 2, 3, 4, 5, 6, 7]), (1, list(range(10)))])
def test_every_class_keeps_its_share_and_one_at_least(fraction, kept):
    assert share_by_class(LABELS, fraction).tolist() == kept


def test_images_are_taken_in_the_order_that_is_given():
    assert share_by_class(LABELS, 0.5, order=np.arange(10)[::-1]).tolist() == [3, 5, 7, 8, 9]


@pytest.mark.parametrize('fraction', [0, -0.1, 1.5])
def test_an_impossible_share_is_refused(fraction):
    with pytest.raises(UsageError, match=f'fraction must be above 0 and at most 1, got {fraction}'):
        share_by_class(LABELS, fraction)
