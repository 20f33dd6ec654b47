"""The picture of a training: which of the logged scalars are losses, and which are scores."""
import json

import matplotlib.figure
import pytest
from PIL import Image

from vpt_mm.engine.training_picture import SCALARS, draw_training, read_scalars
from vpt_mm.errors import UsageError

ROWS = [dict(lr=0.1, loss=2., loss_ce=1.5, time=0.1, iter=1, step=1),
        dict(lr=0.1, loss=1., loss_ce=0.5, iter=2, step=2),
        {'accuracy/top1': 50., 'data_time': 0.1, 'time': 0.2, 'step': 0},
        {'accuracy/top1': 60., 'data_time': 0.1, 'time': 0.2, 'step': 0}]


@pytest.fixture
def logged(tmp_path):
    """Write rows as mmengine does; returns the folder of the log."""

    def write(rows):
        (tmp_path / SCALARS).parent.mkdir(exist_ok=True)
        (tmp_path / SCALARS).write_text(''.join(f'{json.dumps(row)}\n' for row in rows))
        return tmp_path

    return write


def test_losses_and_scores_are_told_apart(logged):
    several = [{**row, 'loss_aux': 0.5} if 'loss' in row else row for row in ROWS]
    assert read_scalars(logged(several) / SCALARS) == (
        dict(loss=[(1, 2.), (2, 1.)], loss_ce=[(1, 1.5), (2, 0.5)], loss_aux=[(1, 0.5), (2, 0.5)]),
        {'accuracy/top1': [(0, 50.), (0, 60.)]})
    assert list(read_scalars(logged(ROWS) / SCALARS)[0]) == ['loss']  # the other is the same


def test_each_has_its_panel_and_steps_that_do_not_grow_are_numbered(logged, monkeypatch):
    figures, save = [], matplotlib.figure.Figure.savefig
    monkeypatch.setattr(matplotlib.figure.Figure, 'savefig',
                        lambda self, *given, **more: (figures.append(self), save(self, *given, **more)))
    draw_training(logged(ROWS), logged(ROWS) / 'curves.png', validated_by='epoch')
    losses, scores = figures[0].axes
    assert [line.get_label() for line in losses.lines] == ['loss'] and losses.get_xlabel() == 'iteration'
    assert list(scores.lines[0].get_xdata()) == [1, 2] and scores.get_xlabel() == 'validation'
    assert Image.open(logged(ROWS) / 'curves.png').size[0] > 900


def test_one_panel_where_nothing_was_validated_and_none_where_nothing_was_logged(logged):
    draw_training(logged(ROWS[:2]), logged(ROWS[:2]) / 'curves.png')
    assert Image.open(logged(ROWS[:2]) / 'curves.png').size[0] < 600
    with pytest.raises(UsageError, match='needs losses or scores, and .* has none yet'):
        draw_training(logged([]), logged([]) / 'curves.png')
