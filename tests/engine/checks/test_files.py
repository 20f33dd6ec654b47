"""Checks load the same pixels as training and prediction do, or refuse."""
import cv2
import numpy as np
import pytest
from mmcv.transforms import LoadImageFromFile

from tests.own import read_config
from vpt_mm.apis import read_image
from vpt_mm.engine.checks import files
from vpt_mm.engine.checks.files import Reader, spread
from vpt_mm.errors import UsageError

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
PLAIN = dict(pipeline=[dict(type='LoadImageFromFile'), dict(type='PackSegInputs')])
KINDS = {'grey.png': PIXELS[..., 0], 'deep.png': PIXELS[..., 0].astype(np.uint16) * 200, 'colour.tif': PIXELS,
         'deep.tif': PIXELS[..., 0].astype(np.uint16) * 200, 'alpha.png': np.dstack([PIXELS, PIXELS[..., :1]])}


@pytest.mark.parametrize('name', KINDS)
def test_training_prediction_and_checks_read_alike(name, tmp_path):
    path = str(tmp_path / name)
    cv2.imwrite(path, KINDS[name])
    trained = LoadImageFromFile()(dict(img_path=path))['img']
    assert np.array_equal(Reader(PLAIN).read(dict(img_path=path))['img'], trained)
    assert np.array_equal(read_image(path), trained)


@pytest.mark.parametrize('kind', [np.float32, np.int32])
def test_what_is_not_8_or_16_bits_is_refused_by_all(kind, tmp_path):
    path = str(tmp_path / 'values.tif')
    cv2.imwrite(path, PIXELS[..., 0].astype(kind))
    for read in (lambda: Reader(PLAIN).read(dict(img_path=path)), lambda: read_image(path)):
        with pytest.raises(UsageError, match='whole numbers of 8 or 16 bits'):
            read()
    with pytest.raises(AssertionError):
        LoadImageFromFile()(dict(img_path=path))


def test_other_loaders_are_tried_themselves(tmp_path):
    read_config('segment_folder')
    path = str(tmp_path / 'grey.png')
    cv2.imwrite(path, PIXELS)
    grey = dict(pipeline=[dict(type='LoadImageFromFile', color_type='grayscale')])
    assert Reader(grey).read(dict(img_path=path))['img'].shape == (20, 30)
    with pytest.raises(UsageError, match='gone.png cannot be loaded by LoadImageFromFile: .*gone.png is missing'):
        Reader(grey).read(dict(img_path=str(tmp_path / 'gone.png')))


def test_sixteen_bits_of_which_twelve_are_used(tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(files, 'warn', told.append)
    for shift, warned in ((4, 1), (8, 1)):
        cv2.imwrite(str(tmp_path / 'deep.png'), PIXELS[..., 0].astype(np.uint16) << shift)
        Reader(PLAIN).read(dict(img_path=str(tmp_path / 'deep.png')))
        assert len(told) == warned
    assert 'the upper 8 are read' in told[0]


def test_a_spread_of_many(monkeypatch):
    assert spread(list(range(5))) == [0, 1, 2, 3, 4]
    assert 200 <= len(spread(list(range(1000)))) <= 210
    monkeypatch.setattr(files, 'MOST_PIXELS_READ', 10)
    reader = Reader(PLAIN)
    taken = []
    for sample in reader.spread([1, 2, 3]):
        reader.pixels += 6
        taken.append(sample)
    assert taken == [1, 2]


def test_numbers_of_a_large_array(monkeypatch):
    monkeypatch.setattr(files, 'BLOCK', 7)
    array = np.random.default_rng(0).integers(0, 40, (9, 11))
    assert files.numbers_in(array) == set(array.ravel().tolist())


def test_masks_inside_of_a_test_time_augmentation():
    nested = dict(type='TestTimeAug', transforms=[[dict(type='Resize')], [dict(type='LoadAnnotations')]])
    reader = Reader(dict(pipeline=[dict(type='LoadImageFromFile'), nested]))
    assert reader.images == [dict(type='LoadImageFromFile')] and reader.masks == [dict(type='LoadAnnotations')]
