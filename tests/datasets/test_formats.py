"""Only listed formats are read; damaged files of each end in one sentence for that file, and costly ones in time."""
import io
import os
import random
import struct
import subprocess
import threading
import time
import zlib

import numpy as np
import pytest
from PIL import Image

from tests.weights.test_fuzz import damage
from vpt_mm.datasets.formats import ENDINGS, FORMATS, open_image, pillow_reads
from vpt_mm.datasets.reading import decode_image, find_images, read_file
from vpt_mm.errors import UsageError

PICTURE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8))
VARIANTS = dict(BMP=[{}], GIF=[{}, dict(save_all=True, append_images=[PICTURE.rotate(90)], comment=b'x' * 300)],
                JPEG=[{}, dict(progressive=True)], PNG=[{}], PPM=[{}], WEBP=[{}, dict(lossless=True)],
                TIFF=[{}, dict(compression='tiff_lzw'), dict(compression='jpeg'), dict(compression='tiff_deflate')])


def saved(kind, picture=PICTURE, **options):
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize('kind', FORMATS)
def test_every_format_of_the_list(kind, tmp_path):
    """Is read, and found in folders, by each of its endings."""
    for options in VARIANTS[kind]:
        assert decode_image(saved(kind, **options), 'it').shape == (20, 30, 3)
    for ending in FORMATS[kind]:
        (tmp_path / f'image{ending}').write_bytes(saved(kind))
    assert len(find_images(tmp_path)) == len(FORMATS[kind]) and set(ENDINGS).issuperset(FORMATS[kind])


@pytest.mark.filterwarnings('ignore::UserWarning:PIL')
@pytest.mark.parametrize('kind', FORMATS)
def test_damaged_files_of_every_format(kind):
    """300 of each: read, or refused in one line. (A few bytes of a BMP say nothing of their damage.)"""
    chance, refused = random.Random(kind), 0
    sound = [saved(kind, **options) for options in VARIANTS[kind]]
    for _ in range(300):
        content = damage(chance.choice(sound), chance)
        try:
            read = decode_image(content, 'the image', most_pixels=1_000_000)
        except UsageError as error:
            refused += 1
            assert str(error).startswith('the image ') and '\n' not in str(error)
        else:
            assert read.dtype == np.uint8 and read.ndim == 3 and read.shape[2] == 3 and read.flags.c_contiguous
    assert refused > 30


@pytest.mark.filterwarnings('ignore::UserWarning:PIL')
@pytest.mark.parametrize('kind', FORMATS)
def test_files_that_end_too_early(kind):
    content = saved(kind)
    for length in range(0, len(content) - 8, max(len(content) // 20, 1)):
        try:
            decode_image(content[:length], 'the image')
        except UsageError as error:
            assert 'cannot be read as an image' in str(error)
        else:  # what is cut off held no pixels
            assert kind == 'TIFF' and length > 0.8 * len(content)


EPS = b'%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n%%EOF\n'


@pytest.mark.parametrize('content', [
    EPS, struct.pack('<IIIIIIIHH', 0xC6D3D0C5, 32, len(EPS), 0, 0, 0, 0, 0, 0) + EPS, b'%PDF-1.4\n',
    b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>', b'/* XPM */\nstatic char',
    saved('ICNS', PICTURE.resize((32, 32))), saved('SGI'), saved('TGA'), saved('PCX'), saved('DDS'), saved('ICO')])
def test_other_formats_start_nothing(content, monkeypatch, tmp_path):
    """PIL hands PostScript to Ghostscript, and others to programs of their own."""
    for name in ('Popen', 'run', 'call', 'check_call', 'check_output'):
        monkeypatch.setattr(subprocess, name, lambda *args, **_: pytest.fail(f'{args} was started'))
    monkeypatch.setattr(os, 'system', lambda *args: pytest.fail(f'{args} was started'))
    with pytest.raises(UsageError, match='the image cannot be read as an image: its format is not one of BMP, GIF'):
        decode_image(content, 'the image')
    (tmp_path / 'image.png').write_bytes(content)  # by content, not by name
    with pytest.raises(UsageError, match='image.png cannot be read as an image'):
        read_file(tmp_path / 'image.png')


def scans(times):
    """A small JPEG with many more scans than it needs: each costs as much as a whole picture."""
    content = saved('JPEG', Image.new('RGB', (2000, 1500)), progressive=True)
    last = content.rindex(b'\xff\xc4', 0, content.rindex(b'\xff\xda'))
    return content[:-2] + content[last:-2] * times + content[-2:]


def comments(times):
    """A GIF whose comment is collected piece by piece."""
    content = saved('GIF')
    place = content.index(b'\x21\xf9') if b'\x21\xf9' in content else content.index(b'\x2c')
    return content[:place] + b'\x21\xfe' + (b'\xff' + b'a' * 255) * times + b'\0' + content[place:]


def chunks(times):
    """A PNG with nothing but empty parts that no reader knows."""
    return saved('PNG')[:33] + times * struct.pack('>I4sI', 0, b'abCd', zlib.crc32(b'abCd'))


@pytest.mark.parametrize('content', [scans(5000), comments(20_000), chunks(300_000)])
def test_files_that_take_long(content):
    """They end soon behind the time that they are given."""
    started = time.thread_time()
    with pytest.raises(UsageError, match='takes more than 0.2 s to read'):
        with open_image(content, 'the image', most_pixels=10 ** 7, seconds=0.2) as image:
            image.load()
    assert time.thread_time() - started < 3


@pytest.mark.parametrize('side', [10_000, 20_000])
@pytest.mark.filterwarnings('ignore::PIL.Image.DecompressionBombWarning')
def test_images_beyond_the_limit(side):
    """Also those that are beyond Pillow's own, and before a pixel of them is decoded."""
    content = saved('PNG', Image.new('1', (side, side)))
    with pytest.raises(UsageError, match='it has (10000x10000|more than 50,000,000) pixels, the limit'):
        decode_image(content, 'it')
    with open_image(content, 'it', most_pixels=side * side) as image:
        assert image.size == (side, side)


def test_the_limit_of_pillow_is_ours_within_and_its_own_without(tmp_path):
    Image.new('L', (30, 20)).save(tmp_path / 'a.png')
    before = Image.MAX_IMAGE_PIXELS
    with pillow_reads(100):
        with pytest.raises(Image.DecompressionBombError):
            Image.open(tmp_path / 'a.png')
        with open_image(tmp_path / 'a.png', 'a', most_pixels=600) as image:  # by our own
            assert image.size == (30, 20)
        assert Image.MAX_IMAGE_PIXELS == 100
    assert before == Image.MAX_IMAGE_PIXELS
    with pytest.raises(UsageError, match=r'a has 30x20 pixels, the limit is 599: .* \(most_pixels\)'):
        with open_image(tmp_path / 'a.png', 'a', most_pixels=599):
            pass


def test_threads_leave_the_limit_as_it_was():
    before = Image.MAX_IMAGE_PIXELS

    def read():
        for count in range(50):
            with pillow_reads(count):
                assert count == Image.MAX_IMAGE_PIXELS

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert before == Image.MAX_IMAGE_PIXELS
