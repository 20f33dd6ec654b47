"""The demo's report reads what runs left behind."""
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config

from vpt_mm.datasets.digits.scenes import write_scenes
from vpt_mm.errors import UsageError
from vpt_mm.visualise import demo

CONFIG = Path(__file__).parents[2] / 'configs' / 'digits' / 'setr_digits_deep.py'


@pytest.fixture
def scenes(tmp_path):
    return write_scenes(tmp_path / 'scenes', images=1, val_images=2, size=64)


@pytest.fixture
def folder(tmp_path, scenes):
    """A run whose predictions are the truth."""
    run = tmp_path / 'deep'
    for path in ('train', 'test/20260101_120500', 'masks'):
        (run / path).mkdir(parents=True)
    meta = dict(cfg=Config.fromfile(CONFIG).pretty_text, experiment_name='setr_digits_deep_20260101_120000',
                time='20260101_120130')
    torch.save(dict(state_dict={}, meta=meta), run / 'train' / 'iter_2.pth')
    (run / 'train' / 'last_checkpoint').write_text(str(run / 'train' / 'iter_2.pth'))
    (run / 'test' / '20260101_120500' / '20260101_120500.json').write_text(json.dumps(dict(mIoU=61.5)))
    for mask in (scenes / 'annotations' / 'validation').iterdir():
        (run / 'masks' / mask.name).write_bytes(mask.read_bytes())
    return run


def test_a_run_is_read_from_its_files(folder):
    run = demo.read_run(folder)
    assert run.miou == pytest.approx(0.615)
    assert run.seconds == 90
    assert run.task_bytes == (folder / 'train' / 'iter_2.pth').stat().st_size
    assert run.tuned > 6 * 96


def test_the_table_has_a_row_a_method(folder):
    report = demo.demo_table({'VPT-deep': demo.read_run(folder)})
    assert report.row_count == 1
    assert [next(column.cells) for column in report.columns][:2] == ['VPT-deep', '0.615']


def test_the_picture_shows_the_scenes(folder, scenes, tmp_path):
    demo.draw_demo({'VPT-deep': demo.read_run(folder)}, data=scenes, out=tmp_path / 'demo.png', scenes=2)
    picture = cv2.imread(str(tmp_path / 'demo.png'))
    assert picture.shape[0] > 300 and np.ptp(picture) > 200


@pytest.mark.parametrize('absent', ['train/last_checkpoint', 'test/20260101_120500/20260101_120500.json'])
def test_a_missing_run_is_named(folder, absent):
    (folder / absent).unlink()
    with pytest.raises(UsageError, match='which is not there'):
        demo.read_run(folder)


@pytest.mark.parametrize('text', ['{"mAcc": 50.0}', '{', '[]'])
def test_a_test_without_miou_is_named(folder, text):
    (folder / 'test/20260101_120500/20260101_120500.json').write_text(text)
    with pytest.raises(UsageError, match='needs the mIoU of a test, which .*20260101_120500.json does not have'):
        demo.read_run(folder)


def test_a_checkpoint_that_is_lost_is_named(folder):
    (folder / 'train/iter_2.pth').unlink()
    with pytest.raises(UsageError, match='no checkpoint at .*iter_2.pth'):
        demo.read_run(folder)


def test_a_missing_mask_is_named(folder, scenes, tmp_path):
    run = demo.read_run(folder)
    next((folder / 'masks').iterdir()).unlink()
    with pytest.raises(UsageError, match='the picture needs'):
        demo.draw_demo({'VPT-deep': run}, data=scenes, out=tmp_path / 'demo.png')
