"""Masks that would teach something else than they show are refused, with the name of the file and the way out."""
import logging

import cv2
import numpy as np
import pytest
from mmengine.registry import DATASETS
from PIL import Image

from tests.own import numbers, read_config, write_scene
from vpt_mm.engine.checks import files
from vpt_mm.engine.preflight import check_data
from vpt_mm.errors import UsageError


@pytest.fixture
def check_mask(tmp_path):
    """One image of 8x6; the function checks it with this mask."""

    def check(mask, *, image=None, phase='train', dataset=None, **environment):
        write_scene(tmp_path, mask, image=image or Image.new('RGB', (8, 6)))
        config = read_config('segment_folder', DATA_ROOT=tmp_path, **environment)
        config.train_dataloader.dataset.update(dataset or {})
        return check_data(config.train_dataloader.dataset, config.model, phase=phase)

    return check


def test_masks_of_class_numbers(check_mask):
    check_mask(numbers(0, 1, 255))
    check_mask(Image.fromarray(numbers(0, 1)).convert('P'))
    check_mask(Image.fromarray(numbers(0, 1).astype(np.uint16)))
    check_mask(numbers(0, 1, 2, 255), SKIP_ZERO=True)


@pytest.mark.parametrize('values, environment, told', [
    ((0, 1, 7), {}, r'hold the numbers 0..1 of the 2 classes, and 255 for ignored pixels, but .*1.png holds 7'),
    ((0, 1, 3), dict(SKIP_ZERO=True), r'numbers 1..2 of the 2 classes, .*holds 3'),
    ((0, 255), {}, 'nothing to tell apart: .*hold only 0, 255, and 255 means ignored'),
    ((0, 1, 255), dict(SKIP_ZERO=True), 'nothing to tell apart'),
    ((0, 1), dict(CLASSES='crack'), r"names of at least 2 classes, .*got \['crack'\]"),
    ((0, 1), dict(CLASSES='wall, crack'), "without spaces around them.* ' crack'"),
    ((0, 1), dict(CLASSES='wall,crack,wall'), 'every class has a name of its own, but wall stands twice'),
    ((0, 1), dict(CLASSES=','.join(f'c{number}' for number in range(256))), '8 bits, .* can be 255 classes, got 256'),
    ((0, 1), dict(SUFFIX='jpg'), "begins with a dot, got 'jpg': set SUFFIX=.jpg")])
def test_masks_that_say_something_else(check_mask, values, environment, told):
    with pytest.raises(UsageError, match=told):
        check_mask(numbers(*values), **environment)


def test_a_test_of_good_parts_alone(check_mask):
    """No object anywhere: nothing to learn from, and all the same something to test on."""
    check_mask(numbers(0), phase='test')


def test_numbers_beyond_8_bits_would_wrap(check_mask):
    deep = numbers(0, 1).astype(np.uint16)
    deep[0, 0] = 257  # 1, once it is loaded
    with pytest.raises(UsageError, match='loaded with 8 bits, .*1.png holds 257'):
        check_mask(Image.fromarray(deep))


def test_masks_of_fractions(check_mask, tmp_path):
    (tmp_path / 'annotations/training').mkdir(parents=True)
    cv2.imwrite(str(tmp_path / 'annotations/training/1.tif'), numbers(0, 1).astype(np.float32) / 2)
    with pytest.raises(UsageError, match='whole numbers from 0 to 255, but .*1.tif holds 0.5'):
        check_mask(numbers(0, 1), dataset=dict(seg_map_suffix='.tif'))


def test_another_label_is_ignored(check_mask, tmp_path):
    with pytest.raises(UsageError, match='1.png holds 9'):
        check_mask(numbers(0, 1, 9))
    config = read_config('segment_folder', DATA_ROOT=tmp_path)
    config.model.decode_head.ignore_index = 9
    check_data(config.train_dataloader.dataset, config.model)


def test_masks_in_colours(check_mask):
    with pytest.raises(UsageError, match=r'is a colour image \(RGB\): write the number of the class'):
        check_mask(Image.new('RGB', (8, 6)))


def test_an_image_that_can_not_be_read(check_mask, tmp_path):
    check_mask(numbers(0, 1))
    (tmp_path / 'images/training/1.jpg').write_bytes(b'no image')
    config = read_config('segment_folder', DATA_ROOT=tmp_path)
    with pytest.raises(UsageError, match='1.jpg cannot be read as an image'):
        check_data(config.train_dataloader.dataset, config.model)


def test_masks_of_another_size(check_mask):
    with pytest.raises(UsageError, match='1.png is 6x8, its image .*1.jpg is 8x6.*EXIF'):
        check_mask(numbers(0, 1, size=(6, 8)))


def turned(turn, size=(8, 6)):
    """Options of an image whose EXIF turns it."""
    image = Image.new('RGB', size)
    exif = image.getexif()
    exif[0x0112] = turn
    return image, exif


def test_masks_of_photographs_that_are_turned(tmp_path, monkeypatch):
    """Images come as viewers show them, and so must masks; where their sizes can't tell, it is said."""
    config = read_config('segment_folder', DATA_ROOT=tmp_path)
    told = []
    monkeypatch.setattr(files, 'warn', told.append)
    image, exif = turned(6)
    write_scene(tmp_path, numbers(0, 1, size=(6, 8)), image=image, exif=exif)
    check_data(config.train_dataloader.dataset, config.model)
    assert not told
    write_scene(tmp_path, numbers(0, 1), image=image, exif=exif)
    with pytest.raises(UsageError, match='1.png is 8x6, .* is 6x8.* the EXIF of the image turns it'):
        check_data(config.train_dataloader.dataset, config.model)
    write_scene(tmp_path, numbers(0, 1), image=image, exif=turned(3)[1])
    check_data(config.train_dataloader.dataset, config.model)
    assert len(told) == 1 and 'turned by their EXIF' in told[0]


def test_a_mask_that_would_be_turned(tmp_path):
    write_scene(tmp_path, numbers(0, 1))
    Image.fromarray(numbers(0, 1)).save(tmp_path / 'annotations/training/1.png', exif=turned(3)[1])
    config = read_config('segment_folder', DATA_ROOT=tmp_path)
    with pytest.raises(UsageError, match='1.png is to be turned, as its EXIF says'):
        check_data(config.train_dataloader.dataset, config.model)


def test_images_of_several_endings(check_mask, tmp_path, monkeypatch):
    check_mask(numbers(0, 1))
    write_scene(tmp_path, numbers(0, 1), name='2')
    images = tmp_path / 'images/training'
    (images / '2.jpg').rename(images / '2.JPEG')
    config = read_config('segment_folder', DATA_ROOT=tmp_path)
    assert len(check_data(config.train_dataloader.dataset, config.model)[1]) == 2
    told = []
    monkeypatch.setattr('vpt_mm.engine.checks.masks.warn', told.append)
    theirs = dict(config.train_dataloader.dataset, type='BaseSegDataset', img_suffix='.jpg')
    assert len(check_data(theirs, config.model)[1]) == 1
    assert '1 images in' in told[0] and '2.JPEG' in told[0]
    (images / '2.JPEG').rename(images / '1.jpeg')
    with pytest.raises(UsageError, match='1.jpeg, .*1.jpg share .*1.png'):
        check_data(config.train_dataloader.dataset, config.model)
    with pytest.raises(UsageError, match='no images in .*training.*SUFFIX to the ending of the images'):
        check_mask(numbers(0, 1), SUFFIX='.tif')


def test_images_without_masks(check_mask, tmp_path):
    check_mask(numbers(0, 1))
    dataset = read_config('segment_folder', DATA_ROOT=tmp_path).train_dataloader.dataset
    del dataset.data_prefix['seg_map_path']
    with pytest.raises(UsageError, match='LoadAnnotations loads masks, and the dataset has none'):
        check_data(dataset, {}, phase='test')
    del dataset.pipeline[1]
    assert len(check_data(dataset, {}, phase='test')[1]) == 1


def test_a_class_in_no_mask_is_told(check_mask, monkeypatch):
    told = []
    monkeypatch.setattr('vpt_mm.engine.checks.masks.warn', told.append)
    check_mask(numbers(0, 2), CLASSES='wall,crack,door')
    assert 'no mask that is trained on has a pixel of crack' in told[0]


@pytest.mark.parametrize('pixels', [90, 300])
def test_images_larger_than_pillow_reads(tmp_path, monkeypatch, pixels):
    """By our own dataset they are read, here at a hundredth of a thousandth of Pillow's limit."""
    write_scene(tmp_path, numbers(0, 1, size=(30, 20)))
    monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', pixels)
    config = read_config('segment_folder', DATA_ROOT=tmp_path)
    dataset = config.train_dataloader.dataset
    check_data(dataset, config.model)
    assert DATASETS.build(dataset)[0]['data_samples'].gt_sem_seg.data.unique().tolist() == [0, 1]
    assert pixels == Image.MAX_IMAGE_PIXELS
    with pytest.raises(UsageError, match='has 30x20 pixels, the limit is 599'):
        check_data(dict(dataset, most_pixels=599), config.model)


def test_nothing_else_is_logged(check_mask, caplog):
    with caplog.at_level(logging.WARNING):
        check_mask(numbers(0, 1))
    assert not caplog.records
