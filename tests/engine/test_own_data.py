"""Folders of one's own images that could not be trained on are refused before anything starts, with the way out."""
from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config
from mmengine.registry import init_default_scope
from PIL import Image

from vpt_mm.datasets.digits.folders import write_folders
from vpt_mm.engine.preflight import check_data
from vpt_mm.errors import UsageError

CONFIGS = Path(__file__).parents[2] / 'configs' / 'own'


def read(name, monkeypatch, **environment):
    for variable, value in environment.items():
        monkeypatch.setenv(variable, str(value))
    config = Config.fromfile(CONFIGS / f'{name}.py')
    init_default_scope(config.default_scope)
    return config


@pytest.fixture
def check_photos(tmp_path, monkeypatch):
    """Three folders of images; the function checks them as those of so many classes."""
    for name in ('cat', 'dog', 'fish'):
        (tmp_path / name).mkdir()
        Image.new('RGB', (8, 8)).save(tmp_path / name / '1.png')

    def check(classes=3, name='classify_folder'):
        config = read(name, monkeypatch, DATA_ROOT=tmp_path, NUM_CLASSES=classes)
        check_data(config.train_dataloader.dataset, config.model)

    return check


def test_a_folder_for_each_class(check_photos):
    check_photos()


def test_another_number_of_classes(check_photos):
    with pytest.raises(UsageError, match=r'has 3 classes \(cat, dog, fish\), but the head is built for 2: set '
                                         'NUM_CLASSES=3'):
        check_photos(classes=2)


def test_an_empty_class(check_photos, tmp_path):
    (tmp_path / 'dog' / '1.png').rename(tmp_path / 'dog' / '1.txt')
    with pytest.raises(UsageError, match='have none: dog'):
        check_photos()


def test_images_without_folders(check_photos, tmp_path):
    for name in ('cat', 'dog', 'fish'):
        (tmp_path / name / '1.png').rename(tmp_path / f'{name}.png')
        (tmp_path / name).rmdir()
    with pytest.raises(UsageError, match='every class needs a folder of images, such as .*cat/1.jpg'):
        check_photos()


def test_images_that_are_split_already(check_photos, tmp_path):
    for name in ('cat', 'dog', 'fish'):
        for part in ('train', 'val'):
            (tmp_path / part / name).mkdir(parents=True)
            Image.new('RGB', (8, 8)).save(tmp_path / part / name / '1.png')
        (tmp_path / name / '1.png').unlink()
        (tmp_path / name).rmdir()
    with pytest.raises(UsageError, match='has train, val: .*take configs/own/classify_split.py'):
        check_photos()
    check_photos(name='classify_split')


def test_a_single_class_is_none(tmp_path, monkeypatch):
    """Everything would be right about it: 100 % from the first step."""
    (tmp_path / 'photos' / 'cat').mkdir(parents=True)
    with pytest.raises(UsageError, match='at least 2 classes.*has only photos. Did you mean .*photos'):
        check_data(read('classify_folder', monkeypatch, DATA_ROOT=tmp_path).train_dataloader.dataset, {})


def test_an_image_that_can_not_be_read(check_photos, tmp_path):
    whole = (tmp_path / 'dog/1.png').read_bytes()
    for content in (b'no image', whole[:40], b''):
        (tmp_path / 'dog/1.png').write_bytes(content)
        with pytest.raises(UsageError, match='dog/1.png is no image that can be read'):
            check_photos()


def test_no_folder(monkeypatch, tmp_path):
    for name, told in (('classify_folder', 'one folder of images for each class'),
                       ('segment_folder', r'images/\{training,validation\}')):
        config = read(name, monkeypatch, DATA_ROOT=tmp_path / 'none')
        with pytest.raises(UsageError, match=f'no data at .*none.*set DATA_ROOT to the folder that holds {told}'):
            check_data(config.train_dataloader.dataset, config.model)


@pytest.fixture
def check_mask(tmp_path, monkeypatch):
    """One image of 8x6; the function checks it with this mask."""
    for kind in ('images', 'annotations'):
        (tmp_path / kind / 'training').mkdir(parents=True)
    Image.new('RGB', (8, 6)).save(tmp_path / 'images/training/1.jpg')

    def check(mask, **environment):
        mask.save(tmp_path / 'annotations/training/1.png')
        config = read('segment_folder', monkeypatch, DATA_ROOT=tmp_path, **environment)
        check_data(config.train_dataloader.dataset, config.model)

    return check


def mask_of(*values, size=(8, 6)):
    pixels = np.resize(np.array(values, np.uint8), size[0] * size[1])
    return Image.fromarray(pixels.reshape(size[1], size[0]))


def test_masks_of_class_numbers(check_mask):
    check_mask(mask_of(0, 1, 255))
    check_mask(mask_of(0, 1).convert('P'))
    check_mask(mask_of(0, 1, 2, 255), SKIP_ZERO=True)


@pytest.mark.parametrize('values, environment, told', [
    ((0, 1, 7), {}, r'hold the numbers 0..1 of the 2 classes, and 255 for ignored pixels, but .*1.png holds 7'),
    ((0, 1, 3), dict(SKIP_ZERO=True), r'numbers 1..2 of the 2 classes, .*holds 3'),
    ((0, 255), {}, 'nothing to tell apart: .*hold only 0, 255, and 255 means ignored'),
    ((0, 1, 255), dict(SKIP_ZERO=True), 'nothing to tell apart'),
    ((0, 1), dict(CLASSES='crack'), r"names of at least 2 classes, .*got \['crack'\]"),
    ((0, 1), dict(CLASSES='wall, crack'), "without spaces around them.* ' crack'"),
    ((0, 1), dict(SUFFIX='jpg'), "begins with a dot, got 'jpg': set SUFFIX=.jpg")])
def test_masks_that_say_something_else(check_mask, values, environment, told):
    with pytest.raises(UsageError, match=told):
        check_mask(mask_of(*values), **environment)


def test_masks_in_colours(check_mask):
    with pytest.raises(UsageError, match=r'is a colour image \(RGB\): write the number of the class'):
        check_mask(Image.new('RGB', (8, 6)))


def test_a_mask_that_can_not_be_read(check_mask, tmp_path):
    (tmp_path / 'images/training/1.jpg').write_bytes(b'no image')
    with pytest.raises(UsageError, match='1.jpg is no image that can be read'):
        check_mask(mask_of(0, 1))


def test_masks_of_another_size(check_mask):
    with pytest.raises(UsageError, match='1.png is 6x8, its image .*1.jpg is 8x6'):
        check_mask(mask_of(0, 1, size=(6, 8)))


def test_images_of_another_suffix(check_mask):
    with pytest.raises(UsageError, match='no images in .*training.*SUFFIX to the ending of the images'):
        check_mask(mask_of(0, 1), SUFFIX='.tif')


def test_drawn_folders_are_such_folders(tmp_path, monkeypatch):
    write_folders(tmp_path / 'photos', images=60)
    config = read('classify_folder', monkeypatch, DATA_ROOT=tmp_path / 'photos', NUM_CLASSES=10)
    check_data(config.train_dataloader.dataset, config.model)
