"""Stamps: which are taken, and how they are laid over a ground."""
import numpy as np
import pytest
from PIL import Image

from tests.real import write_stamps
from vpt_mm.datasets.real.stamps import CLASSES, SIDE, find_stamps, paste, read_stamp, resize
from vpt_mm.errors import UsageError


def save(path, pixels, mode=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(np.asarray(pixels, np.uint8))
    (image.convert(mode) if mode else image).save(path)
    return path


@pytest.mark.parametrize('place', ['.', 'stamps', 'tuxpaint/stamps', 'system'])
def test_classes_are_folders_of_photographs(place, nowhere):
    folder = write_stamps(nowhere / place, each=5)
    for name in ('animals/birds/cartoon/tux.png', 'animals/mammals/bears/toys/teddy.png', 'vehicles/dumper_mirror.png',
                 'town/roadsigns/stoplight_02_yellow.png', 'animals/birds/swallow.svg', 'animals/birds/crow.ogg'):
        save(folder / 'x.png', np.zeros((4, 4, 4))).rename(_made(folder / name))
    _made(folder / 'animals/mammals/cats/tiger.png').touch()
    found = find_stamps(str(nowhere))
    assert {name: len(files) for name, files in found.items()} == dict(dict.fromkeys(CLASSES, 5), mammal=6)


def _made(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def test_they_are_nowhere(nowhere):
    with pytest.raises(UsageError, match='^no stamps in .*/stamps, .*: .*apt-get install tuxpaint-stamps-default'):
        find_stamps(str(nowhere))


def test_another_version_has_too_few(nowhere):
    folder = write_stamps(nowhere)
    for file in (folder / 'plants/flowers').iterdir():
        file.unlink()
    with pytest.raises(UsageError, match=r'fewer of flower \(plants/flowers: 0\): .* or another version'):
        find_stamps(str(nowhere))


@pytest.mark.parametrize('mode', ['RGBA', 'LA', 'P'])
def test_every_kind_of_transparency_is_read_and_empty_edges_are_cut(mode, nowhere):
    pixels = np.full((10, 12, 4), 255)
    pixels[..., 3] = 0
    pixels[2:5, 3:9] = [90, 90, 90, 255]
    path = nowhere / 'stamp.png'
    image = Image.fromarray(pixels.astype(np.uint8))
    if mode == 'P':
        image = image.convert('RGB').quantize(2)
        image.save(path, transparency=image.getpixel((0, 0)))
    else:
        image.convert(mode).save(path)
    stamp = read_stamp(path)
    assert stamp.shape == (3, 6, 4)
    assert (stamp == [90, 90, 90, 255]).all()


def test_large_ones_are_reduced(nowhere):
    assert read_stamp(save(nowhere / 'wide.png', np.full((100, 3 * SIDE, 4), 255))).shape == (33, SIDE, 4)


@pytest.mark.parametrize('write, message', [
    (lambda path: path.write_bytes(b'no image'), 'cannot be read as an image'),
    (lambda path: save(path, np.full((64, 64, 4), 255)).write_bytes(path.read_bytes()[:-30]), 'cannot be read'),
    (lambda path: save(path, np.zeros((8, 8, 4))), 'is transparent all over'),
    (lambda path: Image.new('1', (3000, 3000)).save(path), 'the limit is 4,000,000'),
], ids=['no image', 'cut', 'transparent', 'large'])
def test_files_that_are_no_stamps(write, message, nowhere):
    write(nowhere / 'stamp.png')
    with pytest.raises(UsageError, match=rf'stamp.png.* {message}'):
        read_stamp(nowhere / 'stamp.png')


def test_hidden_colours_stay_hidden():
    """What is transparent is green here; no size shows it at the edges of what is red."""
    stamp = np.zeros((12, 12, 4), np.uint8)
    stamp[...] = [0, 255, 0, 0]
    stamp[3:9, 3:9] = [255, 0, 0, 255]
    for side in (5, 31):
        scaled = resize(stamp, side, side)
        assert scaled.shape == (side, side, 4)
        assert (scaled[scaled[..., 3] > 4][:, 1] < 3).all() and (scaled[scaled[..., 3] > 4][:, 0] > 252).all()


def test_a_ground_shows_through_by_as_much_as_the_stamp_lets_it():
    ground = np.full((6, 8, 3), 100.)
    stamp = np.zeros((2, 3, 4), np.uint8)
    stamp[...] = [200, 0, 100, 51]  # a fifth
    opacity = paste(stamp, ground, 1, 4)
    assert ground[1:3, 4:7].reshape(-1, 3) == pytest.approx(np.tile([120, 80, 100], (6, 1)))
    assert (ground == 100).all(2).sum() == 48 - 6
    assert opacity[1:3, 4:7] == pytest.approx(0.2) and opacity.sum() == pytest.approx(1.2)


def test_the_package_is_read():
    """With Debian's package: every stamp can be read, and every class has enough of them."""
    try:
        found = find_stamps('')
    except UsageError:
        pytest.skip('the stamps are not here: apt-get install tuxpaint-stamps-default')
    assert all(len(files) > 10 for files in found.values()) and sum(map(len, found.values())) > 250
    for files in found.values():
        for file in files:
            stamp = read_stamp(file)
            assert max(stamp.shape[:2]) <= SIDE and stamp[..., 3].max() > 127
