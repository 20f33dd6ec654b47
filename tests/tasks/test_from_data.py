"""What a config says of a task's data: how its images were loaded, and where its labels begin."""
import pytest

from vpt_mm.errors import UsageError
from vpt_mm.tasks.from_data import describe_first_label, describe_floats, pipeline_of


def config(**dataset):
    return dict(test_dataloader=dict(dataset=dataset))


@pytest.mark.parametrize('dataset, first', [
    (dict(type='BaseSegDataset'), 0), (dict(type='BaseSegDataset', reduce_zero_label=True), 1),
    (dict(type='ADE20KDataset'), 1), (dict(type='mmseg.ADE20KDataset'), 1),
    (dict(type='ADE20KDataset', reduce_zero_label=False), 0), (dict(type='DigitScenesDataset'), 1),
    (dict(type='MaskFolders'), 0), (dict(type='MaskFolders', reduce_zero_label=True), 1),
    (dict(type='os.system'), 0), (dict(type='BaseSegDataset', reduce_zero_label='yes'), 0), (dict(), 0)])
def test_the_first_label(dataset, first):
    assert describe_first_label(config(**dataset), {}) == first
    wrapped = config(type='RepeatDataset', dataset=dict(dataset, pipeline=[dict(type='PackSegInputs')]))
    assert describe_first_label(wrapped, {}) == first


@pytest.mark.parametrize('reduced', [False, True])
def test_training_knows_the_first_label_better_than_the_config(reduced):
    for name in ('ADE20KDataset', 'BaseSegDataset', 'mine.Dataset'):
        assert describe_first_label(config(type=name), dict(reduce_zero_label=reduced)) == reduced


@pytest.mark.parametrize('loader, told', [
    (dict(type='LoadImageFromFile'), None), (dict(type='mmseg.LoadImageFromFile', imdecode_backend='cv2'), None),
    (dict(type='LoadImageFromFile', to_float32=True, imdecode_backend=None), None),
    (dict(type='LoadAnnotations', imdecode_backend='pillow'), None),
    (dict(type='LoadImageFromFile', color_type='unchanged'), "loaded by color_type='unchanged' in training"),
    (dict(type='LoadImageFromFile', imdecode_backend='tifffile'), "imdecode_backend='tifffile'"),
    (dict(type='LoadSingleRSImageFromFile'), 'loaded by LoadSingleRSImageFromFile')])
def test_images_that_were_loaded_otherwise(loader, told):
    pipeline = pipeline_of(config(pipeline=[loader, dict(type='PackSegInputs')]))
    if told is None:
        assert describe_floats(pipeline) == loader.get('to_float32', False)
        return
    with pytest.raises(UsageError, match=f'its images were .*{told}'):
        describe_floats(pipeline)
