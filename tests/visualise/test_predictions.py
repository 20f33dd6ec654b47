"""Segmentors of a sweep are drawn side by side, each from its own checkpoint."""
import csv

import cv2
import numpy as np
import pytest

from tests.docs.pages import ROOT
from vpt_mm.config_file import read_config_file
from vpt_mm.datasets.digits.scenes import write_scenes
from vpt_mm.errors import UsageError
from vpt_mm.sweep.execute import execute
from vpt_mm.visualise.predictions import Predictions, draw_predictions, main, predict


def write_table(folder, *protocols):
    with open(folder / 'results.csv', 'w', encoding='utf-8') as file:
        table = csv.DictWriter(file, ['protocol', 'seed', 'final', 'run'])
        table.writeheader()
        table.writerows(dict(protocol=name, seed=42, final=True, run=name) for name in protocols)


@pytest.fixture
def sweep(tmp_path, monkeypatch):
    """A folder as a sweep leaves it, with a segmentor that took one step."""
    monkeypatch.chdir(tmp_path)
    write_scenes('data/digit_scenes', images=2, val_images=2, size=64)
    config = read_config_file(ROOT / 'configs/digits/setr_digits_dense.py')
    config.merge_from_dict({'train_cfg.max_iters': 1, 'train_dataloader.batch_size': 2, 'val_cfg': None,
                            'val_dataloader': None, 'val_evaluator': None, 'default_hooks.checkpoint.interval': 1})
    folder = tmp_path / 'out'
    execute(config.to_dict(), work_dir=folder / 'logs/HeadOnly', save=True)
    write_table(folder, 'HeadOnly', 'lost')
    return folder


def test_the_picture_shows_what_the_saved_model_says(sweep):
    found = predict(sweep / 'logs/HeadOnly', 2)
    assert [image.shape for image in found.images] == [(64, 64, 3)] * 2
    assert {mask.shape for mask in [*found.truth, *found.masks]} == {(64, 64)}
    assert len({tuple(map(int, np.unique(mask))) for mask in found.truth}) > 0 and 0 in found.truth[0]
    assert main([str(sweep), '--protocols', 'HeadOnly', '--out', 'all.png', '--images', '2']) is None
    assert np.ptp(cv2.imread('all.png')) > 200


@pytest.mark.parametrize('folder, protocol, message', [
    ('nowhere', 'HeadOnly', 'results.csv is not there: run the sweep'),
    ('out', 'Full', 'has no final run of Full with the seed 42'),
    ('out', 'lost', 'has no checkpoint of lost: run the sweep with --save-checkpoints')])
def test_what_is_not_there_is_named(tmp_path, folder, protocol, message):
    (tmp_path / 'out').mkdir()
    write_table(tmp_path / 'out', 'lost')
    with pytest.raises(UsageError, match=message):
        draw_predictions(tmp_path / folder, [protocol], tmp_path / 'all.png')


def test_ignored_pixels_are_black():
    found = Predictions([], [], [], dict(classes=('a', 'b'), palette=[[1, 2, 3], [4, 5, 6]]))
    assert found.colour([np.array([[0, 1, 255]], np.uint8)])[0].tolist() == [[[1, 2, 3], [4, 5, 6], [0, 0, 0]]]
