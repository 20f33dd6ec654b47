"""SVHN's MATLAB files."""
import numpy as np
import pytest
from scipy.io import savemat

from vpt_mm.datasets import SVHN
from vpt_mm.errors import UsageError


def read(folder):
    return SVHN(split='test', data_root=str(folder), pipeline=[])


def test_images_come_last_in_the_file_and_ten_is_the_digit_zero(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (32, 32, 3, 3), dtype=np.uint8)
    savemat(tmp_path / 'test_32x32.mat', dict(X=images, y=np.array([[1], [10], [9]], np.uint8)))
    dataset = read(tmp_path)
    assert dataset.get_gt_labels().tolist() == [1, 0, 9]
    assert np.array_equal(dataset.get_data_info(2)['img'], images[..., ::-1, 2])


@pytest.mark.parametrize('content, message', [
    (dict(X=np.zeros((32, 32, 3, 1), np.uint8)), r'y \(\) of object'),
    (dict(X=np.zeros((32, 32, 3)), y=np.ones((1, 1), np.uint8)), r'got X \(32, 32, 3\) of float64'),
    (dict(X=np.zeros((32, 32, 3, 2), np.uint8), y=np.ones((1, 1), np.uint8)), r'has 2 images and labels \[1\]')],
                         ids=str)
def test_other_arrays(content, message, tmp_path):
    savemat(tmp_path / 'test_32x32.mat', content)
    with pytest.raises(UsageError, match=message):
        read(tmp_path)


def test_files_that_are_no_such_thing(tmp_path):
    with pytest.raises(UsageError, match='test_32x32.mat is not there: get train_32x32.mat'):
        read(tmp_path)
    (tmp_path / 'test_32x32.mat').write_bytes(b'hello' * 100)
    with pytest.raises(UsageError, match='test_32x32.mat cannot be read'):
        read(tmp_path)
