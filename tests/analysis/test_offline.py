"""The table and the picture of the offline tasks."""
import numpy as np
import pytest
from rich.console import Console

from vpt_mm.analysis import offline
from vpt_mm.datasets.offline import table


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(table, 'COUNTS', dict(train=160, val=40, test=100))
    table._draw_part.cache_clear()
    yield
    table._draw_part.cache_clear()


def test_mean_colour_is_found_where_it_tells(monkeypatch):
    labels = np.arange(100) % 4
    images = np.tile(labels[:, None, None, None] * 40, (1, 64, 64, 3)).astype(np.uint8)
    monkeypatch.setattr(offline, 'load_split', lambda name, split, seed: (images, labels))
    assert offline.mean_colour_score('turn') == 1


def test_a_convnet_learns_textures_from_few():
    assert offline.convnet_score('texture', epochs=6) > 0.3


def test_the_table_has_a_row_for_each_task():
    console = Console(width=120, record=True, quiet=True)
    console.print(offline.table(['texture', 'turn']))
    lines = console.export_text().splitlines()
    assert [line.split()[1::2][:2] for line in lines if 'texture' in line] == [['texture', 'specialized']]
    assert sum('25.0' in line for line in lines) == 1  # chance of four classes


def test_the_picture_is_written(tmp_path):
    offline.draw(['turn', 'texture'], tmp_path / 'tasks.png', columns=4)
    assert (tmp_path / 'tasks.png').stat().st_size > 5000
