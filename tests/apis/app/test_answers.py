"""Answers: pictures that are small enough to draw, overlays in the classes' colours, errors without folders."""
import base64
import copy
import io
import json

import numpy as np
import pytest
import torch
from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from PIL import Image

pytest.importorskip('starlette', reason='the app needs starlette, which is not installed')

from vpt_mm.apis.app import answers
from vpt_mm.apis.app.answers import answer, refuse, without_folders


def predicted(height, width):
    labels = np.random.default_rng(0).integers(0, 4, (height // 50, width // 50)).repeat(50, 0).repeat(50, 1)
    sample = SegDataSample(pred_sem_seg=PixelData(data=torch.from_numpy(labels)[None]))
    return labels, sample, np.zeros((height, width, 3), np.uint8)


def opened(content):
    return np.array(Image.open(io.BytesIO(content)))


def test_an_overlay_has_the_colours_of_the_classes(inferencer):
    task = inferencer.find('scenes')
    labels, sample, array = predicted(100, 200)
    said = json.loads(answer(task, array, sample, 'overlay').body)
    overlay = opened(base64.b64decode(said['overlay']))
    assert np.array_equal(overlay[..., :3], np.array(task.palette, np.uint8)[labels]) and (overlay[..., 3] == 255).all()
    assert said['shares'] == {f'class {label}': pytest.approx((labels == label).mean()) for label in np.unique(labels)}


def test_an_overlay_leaves_the_background_unpainted(inferencer):
    task = copy.copy(inferencer.find('scenes'))
    task.classes = ('sky', 'Background', 'tree', 'lake')
    labels, sample, array = predicted(100, 200)
    said = json.loads(answer(task, array, sample, 'overlay').body)
    assert np.array_equal(opened(base64.b64decode(said['overlay']))[..., 3], np.where(labels == 1, 0, 255))
    assert said['unpainted'] == [1] and 'Background' in said['shares']


def test_what_is_drawn_is_small(inferencer, monkeypatch):
    """Labels that programs ask for are not."""
    monkeypatch.setattr(answers, 'MOST_SIDE', 300)
    task = inferencer.find('scenes')
    labels, sample, array = predicted(1000, 3000)
    assert np.array_equal(opened(answer(task, array, sample, 'labels').body), labels)
    overlay = opened(base64.b64decode(json.loads(answer(task, array, sample, 'overlay').body)['overlay']))
    assert overlay.shape == (100, 300, 4)
    assert {tuple(colour) for colour in np.unique(overlay.reshape(-1, 4), axis=0)[:, :3].tolist()} == set(task.palette)
    height, width, _ = opened(answer(task, array, sample, 'picture').body).shape
    assert width == 300 and 100 < height < 400  # with the legend


@pytest.mark.parametrize('text, shown', [
    ('/home/me/tasks/a.pth is damaged', 'a.pth is damaged'), ("no file at '/tmp/x/y.pth'.", "no file at 'y.pth'."),
    ('(work_dirs/run/best.pth): fetch it', '(best.pth): fetch it'), ('C:\\Users\\me\\x.pth, y', 'x.pth, y'),
    ('for vit=/a/b,/c/d', 'for vit=b,d'), ('file:///etc/passwd', 'passwd'), ('../up/x', 'x'),
    ('timm://vit_base/x, https://a.example/b', 'timm://vit_base/x, https://a.example/b'),
    ('an image of 32x64 pixels: no BMP, GIF', 'an image of 32x64 pixels: no BMP, GIF')])
def test_errors_name_no_folders(text, shown):
    assert without_folders(text) == shown
    assert json.loads(refuse(400, text).body) == dict(error=shown)
