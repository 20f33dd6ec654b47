"""What a config says of a task's data: how its images were loaded, and where its labels begin."""
import numpy as np
import pytest
from mmengine.config import ConfigDict
from mmengine.registry import DefaultScope

from vpt_mm.apis.shared.recipe import build_pipeline, first_label, require_loader
from vpt_mm.errors import UsageError


def config(*steps, **dataset):
    return ConfigDict(model=dict(decode_head=dict()), test_dataloader=dict(dataset=dict(
        dataset, pipeline=[*steps, dict(type='PackSegInputs')])))


@pytest.mark.parametrize('dataset, first', [
    (dict(type='BaseSegDataset'), 0), (dict(type='BaseSegDataset', reduce_zero_label=True), 1),
    (dict(type='ADE20KDataset'), 1), (dict(type='ADE20KDataset', reduce_zero_label=False), 0),
    (dict(type='DigitScenesDataset'), 1), (dict(type='os.system'), 0), (dict(), 0)])
def test_the_first_label(dataset, first):
    with DefaultScope.overwrite_default_scope('mmseg'):
        assert first_label(config(**dataset)) == first


@pytest.mark.parametrize('loader, told', [
    (dict(type='LoadImageFromFile'), None), (dict(type='mmseg.LoadImageFromFile', imdecode_backend='cv2'), None),
    (dict(type='LoadImageFromFile', to_float32=True), None),
    (dict(type='LoadImageFromFile', color_type='unchanged'), "loaded by color_type='unchanged' in training"),
    (dict(type='LoadImageFromFile', imdecode_backend='tifffile'), "imdecode_backend='tifffile'"),
    (dict(type='LoadSingleRSImageFromFile'), 'loaded by LoadSingleRSImageFromFile')])
def test_images_that_were_loaded_otherwise(loader, told):
    if told is None:
        require_loader(config(loader), 'task.safetensors')
        return
    with pytest.raises(UsageError, match=f'the images of task.safetensors were .*{told}'):
        require_loader(config(loader), 'task.safetensors')


@pytest.mark.parametrize('floats', [False, True])
def test_pixels_that_were_floats_are_floats(floats):
    with DefaultScope.overwrite_default_scope('mmseg'):
        pipeline = build_pipeline(config(dict(type='LoadImageFromFile', to_float32=floats)))
        inputs = pipeline(dict(img=np.zeros((4, 5, 3), np.uint8), img_path=''))['inputs']
    assert inputs.is_floating_point() == floats
