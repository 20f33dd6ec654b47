"""The table and the picture of the offline tasks."""
import io

import numpy as np
import pytest
from rich.console import Console

from tests.offline import few_images
from vpt_mm.datasets.offline import report as offline
from vpt_mm.errors import UsageError


@pytest.fixture(autouse=True)
def few(monkeypatch):
    yield from few_images(monkeypatch, train=160, val=40, test=100)


def test_mean_colour_is_found_where_it_tells(monkeypatch):
    labels = np.arange(100) % 4
    images = np.tile(labels[:, None, None, None] * 40, (1, 64, 64, 3)).astype(np.uint8)
    monkeypatch.setattr(offline, 'load_split', lambda name, split, seed: (images, labels))
    assert offline.mean_colour_score('turn') == 1


def test_a_convnet_learns_textures_from_few():
    untrained, trained = (offline.convnet_score('texture', epochs=epochs) for epochs in (1, 12))
    assert trained > max(0.2, untrained)  # chance is 0.1, its standard error 0.03


def test_the_table_has_a_row_for_each_task():
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(offline.offline_table(['texture', 'turn']))
    lines = console.export_text().splitlines()
    rows = [line.split('│') for line in lines if '│' in line]
    assert [[cell.strip() for cell in row[1:5]] for row in rows] == [
        ['texture', 'specialized', '10', '10.0'], ['turn', 'natural', '4', '25.0']]


def test_a_task_that_is_not_there_is_named_before_the_others_are_looked_at(monkeypatch):
    monkeypatch.setattr(offline, 'mean_colour_score', None)
    with pytest.raises(UsageError, match=r"task must be one of digit, .*, got 'textur'. Did you mean texture\?"):
        offline.offline_table(['turn', 'textur'])


def test_the_picture_is_written(tmp_path):
    offline.draw_offline(['turn', 'texture'], tmp_path / 'tasks.png', columns=4)
    assert (tmp_path / 'tasks.png').stat().st_size > 5000
