"""Digit folders hold what they say, and nothing is overwritten."""
import cv2
import numpy as np
import pytest

from vpt_mm.datasets.digits.folders import main, write_folders
from vpt_mm.datasets.digits.single_digits import SingleDigitsDataset


def test_each_digit_lies_in_its_folder(tmp_path):
    write_folders(tmp_path / 'photos', images=30, size=32, seed=3)
    drawn = SingleDigitsDataset(split='training', images=30, size=32, texture=True, seed=3, pipeline=[])
    files = sorted((tmp_path / 'photos').rglob('*.png'), key=lambda file: file.name)
    assert len(files) == 30
    for index, file in enumerate(files):
        item = drawn.get_data_info(index)
        assert file.parent.name == str(item['gt_label'])
        assert np.array_equal(cv2.imread(str(file)), item['img'])


def test_what_is_there_stays(tmp_path, capsys):
    (tmp_path / 'mine.txt').write_text('mine')
    with pytest.raises(SystemExit):
        main([str(tmp_path), '--images', '3'])
    assert 'is not an empty folder' in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([str(tmp_path / 'new'), '--images', '0'])
    assert 'images must be a whole number of at least 1' in capsys.readouterr().err
