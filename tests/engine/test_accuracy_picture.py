"""Matrices of accuracies are drawn, a cell for each number."""
import numpy as np
import pytest
from matplotlib import colormaps
from matplotlib.image import imread

from vpt_mm.engine import AccuracyMatrix, CommonAccuracies, draw_accuracies
from vpt_mm.errors import UsageError

ROWS = [[90.], [70., 80.], [60., 85., 50.]]


def share(path, accuracy):
    """How much of a picture has the colour of an accuracy."""
    return (np.abs(imread(path)[..., :3] - colormaps['viridis'](accuracy / 100)[:3]) < 0.01).all(axis=-1).mean()


def test_each_accuracy_has_a_cell_of_its_colour(tmp_path):
    draw_accuracies({'pool': AccuracyMatrix(ROWS)}, tmp_path / 'rows.png')
    shares = [share(tmp_path / 'rows.png', value) for row in ROWS for value in row]
    assert min(shares) > 0.02 and max(shares) < 1.2 * min(shares) and share(tmp_path / 'rows.png', 30.) < 0.005
    draw_accuracies({'': AccuracyMatrix([[5.], [5., 5.]])}, tmp_path / 'same.png')
    assert 2.5 * share(tmp_path / 'rows.png', 50.) < share(tmp_path / 'same.png', 5.)


def test_side_by_side_and_of_many_tasks(tmp_path):
    many = AccuracyMatrix([[50.] * number for number in range(1, 42)])
    draw_accuracies({'a': many, 'b': CommonAccuracies([[40.], [50.]])}, tmp_path / 'two.png')
    height, width = imread(tmp_path / 'two.png').shape[:2]
    assert width > 1.7 * height


def test_nothing_to_draw(tmp_path):
    with pytest.raises(UsageError, match='needs a task that was tested, pool has none'):
        draw_accuracies({'pool': AccuracyMatrix()}, tmp_path / 'none.png')
    assert not list(tmp_path.iterdir())
