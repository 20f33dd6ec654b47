"""Batches that could not be made, or that a batch norm does not take, are told before the first step."""
import pytest
from mmengine.config import ConfigDict

from tests.own import changed, numbers, read_config, write_scene
from vpt_mm.engine.checks.batches import check_single_images, check_sizes
from vpt_mm.engine.checks.data import check_data
from vpt_mm.errors import UsageError


@pytest.fixture
def segments(tmp_path):
    """Validation images of two sizes."""
    for name, size in dict(a=(80, 80), b=(120, 90), c=(80, 80)).items():
        for part in ('training', 'validation'):
            write_scene(tmp_path, numbers(0, 1, size=size), name=name, part=part)
    return read_config('segment_folder', DATA_ROOT=tmp_path)


def sizes(config, phase):
    _, samples = check_data(config[f'{phase}_dataloader'].dataset, config.model, phase=phase)
    check_sizes(config, phase, samples)


@pytest.mark.parametrize('phase, entries, told', [
    ('val', {}, None),
    ('val', {'val_dataloader.batch_size': 2},
     'makes 64x64 of .*a.jpg and 85x64 of others .*val_dataloader.batch_size=1'),
    ('val', {'val_dataloader.batch_size': 2, 'val_dataloader.dataset.pipeline.1': dict(
        type='Resize', scale=(64, 64), keep_ratio=False)}, None),
    ('train', {}, None),
    ('train', {'train_dataloader.dataset.pipeline': [dict(type=one) for one in (
        'LoadImageFromFile', 'LoadAnnotations', 'PackSegInputs')]}, 'makes 80x80 of'),
    ('train', {'train_dataloader.dataset.pipeline.3': dict(type='RandomCrop', crop_size=(99, ))},
     'the pipeline of train_dataloader cannot be built: .*crop_size'),
    ('train', {'train_dataloader.dataset.pipeline': [dict(type='LoadImageFromFile'), dict(type='PackSegInputs'),
                                                     dict(type='RandomCrop', crop_size=(9, 9))]},
     'a.jpg does not pass the pipeline of train_dataloader')])
def test_images_of_several_sizes(segments, phase, entries, told):
    config = changed(segments, entries)
    if told is None:
        sizes(config, phase)
        return
    with pytest.raises(UsageError, match=told):
        sizes(config, phase)


POOLED = dict(_delete_=True, type='UPerHead', in_channels=[96] * 2, in_index=[0, 1], pool_scales=(1, 2), channels=8,
              dropout_ratio=0.1, num_classes=2, norm_cfg=dict(type='SyncBN'), align_corners=False)


@pytest.mark.parametrize('batch, head, told', [
    (2, POOLED, None), (1, {}, None), (1, dict(POOLED, norm_cfg=dict(type='GN', num_groups=4)), None),
    (1, POOLED, r'model.decode_head \(UPerHead\) has a batch norm over one value .* accumulated batches')])
def test_one_image_under_a_batch_norm(batch, head, told):
    config = changed(read_config('segment_folder'), {
        'model.backbone.out_indices': [0, 1], 'model.decode_head': ConfigDict(head),
        'train_dataloader.batch_size': batch})
    if told is None:
        check_single_images(config)
        return
    with pytest.raises(UsageError, match=told):
        check_single_images(config)


@pytest.mark.parametrize('images, entries, told', [
    (64, {}, None), (65, {}, r'model.head \(StackedLinearClsHead\).*train_dataloader.drop_last=True'),
    (65, {'train_dataloader.drop_last': True}, None)])
def test_a_last_batch_of_one_image(images, entries, told):
    head = dict(_delete_=True, type='StackedLinearClsHead', num_classes=2, in_channels=96, mid_channels=[8],
                norm_cfg=dict(type='BN1d'))
    config = changed(read_config('classify_folder'), {'model.head': head, **entries})
    if told is None:
        check_single_images(config, images)
        return
    with pytest.raises(UsageError, match=told):
        check_single_images(config, images)
