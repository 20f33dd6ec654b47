"""CIFAR's binary version: the fine label, and pixels one channel after another."""
import numpy as np
import pytest

from vpt_mm.datasets import CifarBinary
from vpt_mm.errors import UsageError


def write(path, *records):
    """Records of labels, with pixels 0 to 3071."""
    pixels = np.arange(3072) % 251
    np.array([[*labels, *pixels] for labels in records], np.uint8).tofile(path)
    return pixels.reshape(3, 32, 32).transpose(1, 2, 0)


def test_fine_labels_and_bgr_pixels(tmp_path):
    pixels = write(tmp_path / 'train.bin', (3, 17), (19, 99))
    dataset = CifarBinary(split='train', data_root=str(tmp_path), pipeline=[])
    assert [dataset.get_data_info(index)['gt_label'] for index in range(2)] == [17, 99]
    assert np.array_equal(dataset.get_data_info(1)['img'], pixels[..., ::-1])
    assert len(dataset.metainfo['classes']) == 100 and dataset.metainfo['classes'][17] == 'castle'


def test_five_files_of_cifar_10(tmp_path):
    for number in range(1, 6):
        write(tmp_path / f'data_batch_{number}.bin', (number, ))
    write(tmp_path / 'test_batch.bin', (9, ), (0, ))
    train, test = (CifarBinary(classes=10, split=split, data_root=str(tmp_path), pipeline=[])
                   for split in ('train', 'test'))
    assert train.get_gt_labels().tolist() == [1, 2, 3, 4, 5] and test.get_gt_labels().tolist() == [9, 0]
    assert test.metainfo['classes'][9] == 'truck'


def test_what_is_not_such_a_file(tmp_path):
    options = dict(split='test', data_root=str(tmp_path), pipeline=[])
    with pytest.raises(UsageError, match='test.bin is not there: get the binary version'):
        CifarBinary(**options)
    (tmp_path / 'test.bin').write_bytes(bytes(3000))
    with pytest.raises(UsageError, match='records of 3074 bytes, and has 3000 bytes'):
        CifarBinary(**options)
    write(tmp_path / 'test.bin', (0, 100))
    with pytest.raises(UsageError, match=r'a label 0..99 for each, but has 1 images and labels \[100\]'):
        CifarBinary(**options)
    with pytest.raises(UsageError, match="split must be 'train' or 'test', got 'val'"):
        CifarBinary(**{**options, 'split': 'val'})
    with pytest.raises(UsageError, match='10 or 100 classes, got 20'):
        CifarBinary(**options, classes=20)
