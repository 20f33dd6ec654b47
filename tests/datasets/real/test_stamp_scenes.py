"""Stamp scenes: pixels, labels, parts, and the folder that is written."""
import numpy as np
import pytest
from PIL import Image

from tests.real import write_stamps
from vpt_mm.datasets.offline.sources import PARTS
from vpt_mm.datasets.real import stamp_scenes, stamps
from vpt_mm.datasets.real.stamp_scenes import draw_scene, main, write_stamp_scenes
from vpt_mm.datasets.real.table import load_real, split_by_class
from vpt_mm.errors import UsageError

SMALL = dict(images=3, val_images=1, test_images=2, size=64)


@pytest.fixture
def folder(nowhere):
    return write_stamps(nowhere / 'stamps', each=8).parent


def stamps_of_parts(root, seed):
    return split_by_class(stamps.find_stamps(root).values(), seed)


def read(folder):
    """{path inside: bytes} of all files of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob('*') if path.is_file()}


def test_a_scene_depends_on_seed_part_and_number_alone(folder):
    tested = stamps_of_parts(str(folder), 0)['test']

    def draw(index=2, seed=0):
        return draw_scene(index, stamps=tested, part='test', seed=seed, size=96)

    (image, mask), again = draw(), draw()
    assert image.shape == (96, 96, 3) and mask.shape == (96, 96) and image.dtype == mask.dtype == np.uint8
    assert np.array_equal(image, again[0]) and np.array_equal(mask, again[1])
    assert not np.array_equal(image, draw(index=3)[0]) and not np.array_equal(image, draw(seed=1)[0])


def test_labels_lie_exactly_where_the_stamps_are(folder, monkeypatch):
    """On black grounds, which these stamps, all of (20 * label, 200, ...), are not."""
    monkeypatch.setattr(stamp_scenes, '_ground', lambda size, **_: np.zeros((size, size, 3), np.float32))
    parts = stamps_of_parts(str(folder), 0)
    seen = set()
    for index in range(60):
        image, mask = draw_scene(index, stamps=parts['train'], part='train', size=64)
        assert np.array_equal(mask > 0, image[..., 1] >= 100)
        clear = image[..., 1] == 200
        assert np.array_equal(image[clear][:, 0], 20 * (mask[clear] - 1))
        assert clear.sum() > 100
        seen |= set(np.unique(mask).tolist())
    assert seen == set(range(len(stamps.CLASSES) + 1))


def test_no_stamp_is_in_two_parts_and_all_are_those_of_the_task(folder):
    parts = {part: {file for own in files for file in own} for part, files in stamps_of_parts(str(folder), 5).items()}
    assert set(parts) == set(PARTS) and sum(map(len, parts.values())) == 88 == len(set.union(*parts.values()))
    for part, files in parts.items():
        assert len(files) == len(load_real('stamps', part, root=str(folder), seed=5)[1])
    other = stamps_of_parts(str(folder), 6)
    assert {file for own in other['test'] for file in own} != parts['test']


def test_grounds_of_two_parts_share_no_pixel(monkeypatch):
    """Of a photograph in which every pixel has another colour; pieces keep their size, and their light."""
    photo = np.zeros((280, 420, 3))
    photo[..., 0], photo[..., 1] = np.mgrid[:280, :420] / 2
    monkeypatch.setattr(stamp_scenes, 'photo', lambda name: photo)
    monkeypatch.setattr(stamp_scenes.cv2, 'resize', lambda piece, size, interpolation: piece)
    monkeypatch.setattr(stamp_scenes, 'LIGHT', (1, 1))
    seen = {part: set() for part in PARTS}
    for part in PARTS:
        for number in range(6):
            piece = stamp_scenes._ground(64, part=part, rng=np.random.default_rng(number))
            seen[part] |= set(np.unique(piece[..., 0] * 1000 + piece[..., 1]).tolist())
        assert len(seen[part]) > 10_000
    assert not seen['train'] & seen['val'] and not seen['train'] & seen['test'] and not seen['val'] & seen['test']


def test_the_folder_is_written_whole_and_again_the_same(folder):
    first = write_stamp_scenes(folder / 'first', **SMALL, root=str(folder))
    second = write_stamp_scenes(folder / 'second', **dict(SMALL, images=1), root=str(folder))
    assert read(second).items() <= read(first).items()
    assert sorted(read(first)) == sorted(
        f'{kind}/{part}/scene_{index:05d}.{ending}' for kind, ending in (('images', 'jpg'), ('annotations', 'png'))
        for part, count in (('train', 3), ('val', 1), ('test', 2)) for index in range(count))
    mask = np.asarray(Image.open(first / 'annotations/train/scene_00000.png'))
    assert mask.shape == (64, 64) and mask.max() <= len(stamps.CLASSES)


@pytest.mark.parametrize('wrong, message', [
    (dict(images=0), 'images must be a whole number of at least 1, got 0'),
    (dict(test_images=0), 'test-images must be a whole number of at least 1, got 0'),
    (dict(size=63), 'size must be a whole number of at least 64, got 63'),
    (dict(seed=-1), 'seed must be a whole number of at least 0, got -1')])
def test_numbers_out_of_range(wrong, message, folder):
    with pytest.raises(UsageError, match=message):
        write_stamp_scenes(folder / 'out', **{**SMALL, **wrong}, root=str(folder))
    assert not (folder / 'out').exists()


def test_the_command_line_refuses(nowhere, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([str(nowhere / 'out'), '--root', str(nowhere)])
    assert stopped.value.code == 2
    assert 'real.stamp_scenes: no stamps in ' in capsys.readouterr().err
    assert not (nowhere / 'out').exists()
