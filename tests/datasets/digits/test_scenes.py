"""Digit scenes: their pixels, their labels, and the folder that is written."""
import os

import cv2
import numpy as np
import pytest
from mmengine.registry import init_default_scope
from mmseg.datasets import ADE20KDataset

from vpt_mm.datasets import scene_folder
from vpt_mm.datasets.digits.painting import DARK, LUMA
from vpt_mm.datasets.digits.scans import load_scans
from vpt_mm.datasets.digits.scenes import BACKGROUND, HAZE, draw_scene, main, write_scenes
from vpt_mm.errors import UsageError


def read(folder):
    """{path inside: bytes} of all files of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob('*') if path.is_file()}


def test_a_scene_depends_on_seed_and_number_alone(tmp_path):
    few, many = write_scenes(tmp_path / 'few', images=2, size=64), write_scenes(tmp_path / 'many', images=5, size=64)
    other = write_scenes(tmp_path / 'other', images=2, size=64, seed=1)
    assert read(few).items() <= read(many).items()
    assert not read(few).items() & read(other).items()


def test_training_and_validation_scenes_differ():
    scans = load_scans('training')
    training, held_out = (draw_scene(0, scans=scans, split=split)[0] for split in ('training', 'validation'))
    assert not np.array_equal(training, held_out)


def test_labels_lie_where_the_ink_is():
    scans = load_scans('training')
    for index in range(20):
        image, mask = draw_scene(index, scans=scans, size=96)
        assert image.shape == (96, 96, 3) and mask.shape == (96, 96)
        luma = image @ LUMA
        grounds, inks = luma[mask == BACKGROUND], luma[mask > BACKGROUND]
        assert len(inks) and inks.mean() > grounds.mean() + 60
        assert grounds.mean() < DARK


def test_every_digit_is_labelled_as_its_scan():
    inks, _ = load_scans('training')
    for digit in range(10):
        scans = inks[:1], np.array([digit])
        labels = np.unique(draw_scene(0, scans=scans, size=64)[1])
        assert labels.tolist() == [BACKGROUND, 2 + digit]


def test_haze_takes_contrast_and_leaves_the_labels():
    scans = load_scans('training')
    (clear, mask), (hazy, same) = (draw_scene(0, scans=scans, contrast=contrast) for contrast in (1, 0.2))
    np.testing.assert_array_equal(mask, same)
    assert np.abs(hazy - (HAZE + 0.2 * (clear - HAZE))).max() <= 0.7  # rounded twice


def test_scenes_have_contrasts_of_their_own():
    """Each is as a scene of that one contrast, which lies between the two that were named."""
    scans, shares = load_scans('training'), []
    for index in range(4):
        clear, _ = draw_scene(index, scans=scans, size=64)
        hazy, _ = draw_scene(index, scans=scans, size=64, contrast=0.2, clearest=0.6)
        far = np.abs(clear - HAZE) > 40
        shares.append(np.median((hazy - HAZE)[far] / (clear - HAZE)[far]))
        assert np.abs(hazy - (HAZE + shares[-1] * (clear - HAZE))).max() <= 1.2  # rounded twice, and the share is too
    assert 0.2 <= min(shares) < max(shares) - 0.05 <= 0.55


def test_the_folder_reads_as_ade20k(tmp_path):
    init_default_scope('mmseg')
    out = write_scenes(tmp_path / 'scenes', images=3, val_images=2, size=64)
    pipeline = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations', reduce_zero_label=True)]
    for split, count in (('training', 3), ('validation', 2)):
        dataset = ADE20KDataset(data_root=str(out), pipeline=pipeline,
                                data_prefix=dict(img_path=f'images/{split}', seg_map_path=f'annotations/{split}'))
        assert len(dataset) == count
        sample = dataset[0]
        assert sample['img'].shape == (64, 64, 3)
        assert set(np.unique(sample['gt_seg_map'])) <= set(range(11))


@pytest.mark.parametrize('wrong, message', [
    (dict(images=0), 'images must be a whole number of at least 1, got 0'),
    (dict(images=1, val_images=0), 'val-images must be a whole number of at least 1, got 0'),
    (dict(images=1, size=63), 'size must be a whole number of at least 64, got 63'),
    (dict(images=1, seed=-1), 'seed must be a whole number of at least 0, got -1'),
    (dict(images=1, contrast=0), 'contrast must be above 0 and at most 1, got 0'),
    (dict(images=1, contrast=1.5), 'contrast must be above 0 and at most 1, got 1.5'),
    (dict(images=1, contrast=0.5, clearest=0.4), 'clearest must be from the contrast, 0.5, to 1, got 0.4'),
])
def test_numbers_out_of_range_are_refused(tmp_path, wrong, message):
    with pytest.raises(UsageError, match=message):
        write_scenes(tmp_path / 'scenes', **wrong)
    assert not any(tmp_path.iterdir())


def test_a_folder_with_files_is_left_alone(tmp_path):
    (tmp_path / 'mine').write_text('keep')
    for out in (tmp_path, tmp_path / 'mine'):
        with pytest.raises(UsageError, match='is not an empty folder'):
            write_scenes(out, images=1, size=64)
    assert (tmp_path / 'mine').read_text() == 'keep'


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / 'empty').mkdir()
    assert len(read(write_scenes(tmp_path / 'empty', images=1, size=64))) == 4
    assert os.listdir(tmp_path) == ['empty']


def test_a_broken_write_leaves_nothing(tmp_path, monkeypatch):
    wrote = []

    def fill_disk(path, *args):
        wrote.append(path)
        return len(wrote) < 4 and cv2_write(path, *args)

    cv2_write = cv2.imwrite
    monkeypatch.setattr(scene_folder.cv2, 'imwrite', fill_disk)
    with pytest.raises(OSError, match='is the disk full'):
        write_scenes(tmp_path / 'scenes', images=5, size=64)
    assert len(wrote) == 4 and not any(tmp_path.iterdir())


def test_the_command_line_writes_and_refuses(tmp_path, capsys):
    main([str(tmp_path / 'scenes'), '--images', '1', '--size', '64'])
    assert capsys.readouterr().out.strip().endswith(str(tmp_path / 'scenes'))
    with pytest.raises(SystemExit) as stopped:
        main([str(tmp_path / 'scenes')])
    assert stopped.value.code == 2
    assert capsys.readouterr().err.startswith('python -m vpt_mm.datasets.digits.scenes: ')
