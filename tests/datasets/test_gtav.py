"""GTA5's folders: label ids become Cityscapes' train ids by mmseg's own means, and converted masks are read as well."""
import numpy as np
import pytest
from mmengine.registry import DATASETS
from mmseg.datasets import CityscapesDataset
from PIL import Image

from tests.streets import write_gtav
from vpt_mm.errors import UsageError

LOAD = [dict(type='mmseg.LoadImageFromFile'), dict(type='mmseg.LoadAnnotations')]
# Of Cityscapes: its labels that count in evaluation, by id.
TRAIN_IDS = {7: 0, 8: 1, 11: 2, 12: 3, 13: 4, 17: 5, 19: 6, 20: 7, 21: 8, 22: 9, 23: 10, 24: 11, 25: 12, 26: 13, 27: 14,
             28: 15, 31: 16, 32: 17, 33: 18}


def build(root, kind='GTAVDataset', **given):
    return DATASETS.build(dict(type=kind, data_root=str(root), pipeline=LOAD, **given))


def test_label_ids_become_train_ids(tmp_path):
    dataset = build(write_gtav(tmp_path, count=2))
    assert dataset.metainfo['classes'] == CityscapesDataset.METAINFO['classes']
    assert dataset.metainfo['palette'] == CityscapesDataset.METAINFO['palette']
    assert dataset.label_map == {number: TRAIN_IDS.get(number, 255) for number in range(35)}
    for number in range(2):
        ids = np.array(Image.open(tmp_path / f'labels/0000{number + 1}.png'))
        expected = np.vectorize(lambda one: TRAIN_IDS.get(one, 255))(ids)
        assert (dataset[number]['gt_seg_map'] == expected).all() and {0, 13, 255} <= set(expected.flat)


def test_other_classes_are_numbered_anew(tmp_path):
    dataset = build(write_gtav(tmp_path, count=1), metainfo=dict(classes=('car', 'sky', 'license plate')))
    ids, labels = np.array(Image.open(tmp_path / 'labels/00001.png')), dataset[0]['gt_seg_map']
    assert {(one, other) for one, other in zip(ids.flat, labels.flat)} == {
        (26, 0), (23, 1), (34, 2), (7, 255), (8, 255), (11, 255), (0, 255)}
    assert dataset.metainfo['palette'] == [[0, 0, 142], [70, 130, 180], [0, 0, 142]]


def test_converted_masks_are_those_of_cityscapes(tmp_path):
    write_gtav(tmp_path, count=1)
    ids = np.array(Image.open(tmp_path / 'labels/00001.png'))
    train_ids = np.vectorize(lambda one: TRAIN_IDS.get(one, 255))(ids).astype(np.uint8)
    Image.fromarray(train_ids).save(tmp_path / 'labels/00001_labelTrainIds.png')
    converted = build(tmp_path, 'mmseg.CityscapesDataset', img_suffix='.png', seg_map_suffix='_labelTrainIds.png',
                      data_prefix=dict(img_path='images', seg_map_path='labels'))
    assert (converted[0]['gt_seg_map'] == build(tmp_path)[0]['gt_seg_map']).all()
    with pytest.raises(UsageError, match="reads label ids, .* hold train ids: take type='CityscapesDataset'"):
        build(tmp_path, seg_map_suffix='_labelTrainIds.png')
