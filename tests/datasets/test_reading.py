"""Files are found and opened in one way: what is hidden is left out, and other programs are not started."""
import os
import threading

import pytest
from PIL import Image

from vpt_mm.datasets.reading import decode_image, find_images, open_image, pillow_reads
from vpt_mm.errors import UsageError


def test_images_are_found_as_people_name_them(tmp_path):
    for name in ('b.PNG', 'a.jpeg', 'x/c.tif', '.hidden.jpg', '._a.jpg', '.cache/d.jpg', 'x/.cache/e.jpg', 'notes.txt'):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    os.symlink(tmp_path / 'x', tmp_path / 'y')
    found = [os.path.relpath(path, tmp_path) for path in find_images(tmp_path)]
    assert found == ['a.jpeg', 'b.PNG', 'x/c.tif', 'y/c.tif']
    assert [os.path.basename(path) for path in find_images(tmp_path, below=False)] == ['a.jpeg', 'b.PNG']
    assert [os.path.basename(path) for path in find_images(tmp_path, endings=('.png', ))] == ['b.PNG']
    assert find_images(tmp_path / 'none') == []


def test_postscript_starts_no_other_program(tmp_path, monkeypatch):
    (tmp_path / 'gs').write_text(f'#!/bin/sh\ntouch {tmp_path}/started\n[ "$1" = --version ] && echo 10.0\nexit 1\n')
    (tmp_path / 'gs').chmod(0o755)
    monkeypatch.setenv('PATH', f'{tmp_path}:{os.environ["PATH"]}')
    with pytest.raises(UsageError, match='cannot be read as an image: its format is none of BMP'):
        decode_image(b'%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n%%EOF\n', 'it')
    assert not (tmp_path / 'started').exists()


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
        open_image(tmp_path / 'a.png', 'a', most_pixels=599)


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
