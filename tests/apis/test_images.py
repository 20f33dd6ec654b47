"""Images of every kind come in as OpenMMLab's loaders read them, or are refused in one sentence."""
import io

import mmcv
import numpy as np
import pytest
from PIL import Image

from vpt_mm.apis.images import list_images, read_image
from vpt_mm.errors import UsageError

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 30, 4), np.uint8)


def encoded(image, kind='PNG', **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


COLOUR = Image.fromarray(PIXELS[..., :3])
FILES = dict(
    png=encoded(COLOUR), jpeg=encoded(COLOUR, 'JPEG'), grey=encoded(COLOUR.convert('L')),
    alpha=encoded(Image.fromarray(PIXELS)), palette=encoded(COLOUR.convert('P')), bits=encoded(COLOUR.convert('1')),
    deep=encoded(Image.fromarray(PIXELS[..., 0].astype(np.uint16) * 200)), cmyk=encoded(COLOUR.convert('CMYK'), 'JPEG'),
    webp=encoded(COLOUR, 'WEBP', lossless=True))


@pytest.mark.parametrize('kind', FILES)
def test_files_are_read_as_by_the_loaders(kind, tmp_path):
    read = read_image(FILES[kind])
    assert read.shape == (20, 30, 3) and read.dtype == np.uint8
    assert np.array_equal(read, mmcv.imfrombytes(FILES[kind], flag='color'))
    (tmp_path / 'image').write_bytes(FILES[kind])
    assert np.array_equal(read_image(tmp_path / 'image'), read)


@pytest.mark.parametrize('kind, suffix', [('GIF', '.gif'), ('WEBP', '.webp'), ('PNG', '.png'), ('TIFF', '.tif')])
def test_the_first_frame_of_an_animation(kind, suffix):
    frames = [Image.new('RGB', (30, 20), colour) for colour in ('red', 'blue')]
    options = dict(lossless=True) if kind == 'WEBP' else {}
    read = read_image(encoded(frames[0], kind, save_all=True, append_images=frames[1:], **options))
    assert read.shape == (20, 30, 3) and (np.abs(read.astype(int) - [0, 0, 255]) < 5).all()


@pytest.mark.parametrize('array', [PIXELS[..., 0], PIXELS[..., :1], PIXELS[..., :3], PIXELS])
def test_arrays(array):
    read = read_image(array)
    assert read.shape == (20, 30, 3)
    assert np.array_equal(read[..., 0], PIXELS[..., 0])
    assert np.array_equal(read[..., 2], PIXELS[..., 0 if array.ndim == 2 or array.shape[2] == 1 else 2])


@pytest.mark.parametrize('source, reason', [
    (b'', 'be read as an image'), (b'GIF89a', 'be read as an image'),
    (FILES['png'][:-40], 'be read as an image'), (FILES['jpeg'][:-100], 'be read as an image'),
    ('missing.png', 'missing.png cannot be read'), ('s3://bucket/a.png', 'No such file.* begins with http'),
    ('ftp:/\0', r"'ftp:/\\x00' cannot be read"), ('file:///etc/hosts', 'file:///etc/hosts cannot be read'),
    ('.', 'Is a directory'), (3, 'got int'),
    (PIXELS.astype(np.float32), 'float32'), (PIXELS[:0], r'\(0, 30, 4\)'), (PIXELS[..., :2], r'\(20, 30, 2\)'),
    (PIXELS[None], r'\(1, 20, 30, 4\)'),
    (encoded(Image.new('1', (10000, 6000))), '10000x6000 pixels, the limit is 50,000,000'),
    (np.zeros((6000, 10000), np.uint8), '10000x6000 pixels'),
])
def test_what_is_refused(source, reason):
    with pytest.raises(UsageError, match=reason):
        read_image(source)


def test_lists_and_folders(tmp_path):
    for name in ('b.png', 'a.JPG', 'notes.txt'):
        (tmp_path / name).write_bytes(FILES['png'])
    found = [str(tmp_path / 'a.JPG'), str(tmp_path / 'b.png')]
    assert list_images(str(tmp_path)) == found and list_images([tmp_path, PIXELS])[:2] == found
    (tmp_path / 'empty').mkdir()
    with pytest.raises(UsageError, match='no images in .*empty'):
        list_images(tmp_path / 'empty')
