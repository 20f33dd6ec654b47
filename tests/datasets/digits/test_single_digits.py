"""SingleDigitsDataset: deterministic images of one digit each."""
import numpy as np
import pytest
from mmengine.registry import DATASETS

from vpt_mm.datasets.digits.scans import load_scans
from vpt_mm.errors import UsageError


def build(**config):
    return DATASETS.build(dict(type='SingleDigitsDataset', **{'split': 'training', 'images': 4, 'size': 32, **config}))


def test_an_image_depends_on_seed_and_number_alone():
    few, many, other = build(), build(images=8), build(seed=1)
    for index in range(4):
        assert np.array_equal(few[index]['img'], many[index]['img'])
        assert few[index]['gt_label'] == many[index]['gt_label']
        assert not np.array_equal(few[index]['img'], other[index]['img'])


def test_labels_are_those_of_the_scans_of_the_split():
    for split in ('training', 'validation'):
        digits = load_scans(split)[1]
        assert all(sample['gt_label'] == digits[sample['scan']] for sample in build(split=split, images=20))


def test_an_image_holds_bright_ink_on_a_dark_ground():
    for texture in (False, True):
        sample = build(texture=texture, size=64)[0]
        assert sample['img'].shape == (64, 64, 3) and sample['img'].dtype == np.uint8
        assert sample['img'].max() > sample['img'].mean() + 60


def test_mmpretrain_packs_a_sample():
    packed = build(pipeline=[dict(type='mmpretrain.PackInputs')])[1]
    assert packed['inputs'].shape == (3, 32, 32)
    assert packed['data_samples'].gt_label.item() in range(10)


def test_drawn_again_is_the_same():
    dataset = build()
    assert np.array_equal(dataset[2]['img'], dataset[2]['img'])


@pytest.mark.parametrize('wrong, message', [
    (dict(images=0), 'images must be a whole number of at least 1, got 0'),
    (dict(size=8), 'size must be a whole number of at least 16, got 8'),
    (dict(seed=-1), 'seed must be a whole number of at least 0, got -1'),
    (dict(split='test'), "split must be one of .*, got 'test'"),
])
def test_wrong_arguments_are_refused(wrong, message):
    with pytest.raises(UsageError, match=message):
        build(**wrong)
