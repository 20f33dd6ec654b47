"""Segmentors of a sweep are drawn side by side, each from its own checkpoint."""
import csv
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from tests.docs.pages import ROOT
from vpt_mm.config_file import read_config_file
from vpt_mm.datasets.digits.scenes import write_scenes
from vpt_mm.errors import UsageError
from vpt_mm.results.predictions import draw_predictions, main, predict
from vpt_mm.results.table import NEEDED
from vpt_mm.sweep.execute import execute


def write_table(folder, *protocols):
    with open(folder / 'results.csv', 'w', encoding='utf-8') as file:
        table = csv.DictWriter(file, [*NEEDED, 'run'])
        table.writeheader()
        table.writerows(dict(protocol=name, seed=42, final=True, run=name, value=0.5) for name in protocols)


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
    run, said = sweep / 'logs/HeadOnly', 3
    checkpoint = Path((run / 'last_checkpoint').read_text().strip())
    saved = torch.load(checkpoint, weights_only=False)
    saved['state_dict']['decode_head.conv_seg.bias'][said] += 1e6
    torch.save(saved, checkpoint)
    found = predict(run, 2)
    assert [image.shape for image in found.images] == [(64, 64, 3)] * 2
    assert all(np.array_equal(mask, np.full((64, 64), said)) for mask in found.masks)
    for truth, file in zip(found.truth, sorted(Path('data/digit_scenes/annotations/validation').iterdir())):
        assert np.array_equal(truth, cv2.imread(str(file), cv2.IMREAD_UNCHANGED) - 1)
    assert main([str(sweep), '--protocols', 'HeadOnly', '--out', 'all.png', '--images', '2']) is None
    picture = cv2.imread('all.png')[..., ::-1]
    assert (picture == found.meta['palette'][said]).all(axis=2).mean() > 0.05  # two masks whole


@pytest.mark.parametrize('folder, protocol, message', [
    ('nowhere', 'HeadOnly', 'no table of results at .*results.csv: vpt-mm sweep writes'),
    ('out', 'Full', "the table has the protocols lost, got 'Full'"),
    ('out', 'lost', 'has no checkpoint of lost: run the sweep with --save-checkpoints')])
def test_what_is_not_there_is_named(tmp_path, folder, protocol, message):
    (tmp_path / 'out').mkdir()
    write_table(tmp_path / 'out', 'lost')
    with pytest.raises(UsageError, match=message):
        draw_predictions(tmp_path / folder, [protocol], tmp_path / 'all.png')


def test_a_seed_that_did_not_run_is_named(tmp_path):
    write_table(tmp_path, 'HeadOnly')
    with pytest.raises(UsageError, match='has no final run of HeadOnly with the seed 1'):
        draw_predictions(tmp_path, ['HeadOnly'], tmp_path / 'all.png', seed=1)
