"""Which pixels and scans belong to which part."""
import numpy as np
import pytest

from vpt_mm.datasets.offline import natural, specialized
from vpt_mm.datasets.offline.sources import PARTS, crop, elevation, photo, scans_of, tiles

SHAPES = [(bottom - top, right - left, natural.TILE, natural.CROPS)
          for _, top, bottom, left, right in natural.THINGS.values()]
SHAPES += [(*photo(name).shape[:2], natural.SCENE_TILE, natural.SCENE_CROPS) for name in ('china', 'flower', 'hopper')]
SHAPES += [(*elevation().shape, specialized.TERRAIN_TILE, specialized.TERRAIN_CROPS)]


def owners(height, width, tile):
    """(height, width): which part a pixel belongs to; -1 for none."""
    owner = np.full((height, width), -1)
    for number, part in enumerate(PARTS):
        for top, left in tiles(height, width, tile, part):
            assert (owner[top:top + tile, left:left + tile] == -1).all()
            owner[top:top + tile, left:left + tile] = number
    return owner


@pytest.mark.parametrize('height, width, tile, sides', SHAPES)
def test_no_crop_leaves_the_tiles_of_its_part(height, width, tile, sides):
    owner = owners(height, width, tile)
    rng = np.random.default_rng(0)
    for number, part in enumerate(PARTS):
        crops = [crop(owner, part=part, tile=tile, side=rng.integers(*sides), rng=rng) for _ in range(100)]
        assert all((piece == number).all() for piece in crops)


@pytest.mark.parametrize('height, width, tile, sides', SHAPES)
def test_every_part_has_several_tiles(height, width, tile, sides):
    counts = [len(tiles(height, width, tile, part)) for part in PARTS]
    assert min(counts) >= 3 and counts[0] == max(counts)
    assert sides[1] == tile + 1  # the largest crop fills a tile


def test_things_share_no_pixel():
    for name in ('china', 'flower', 'hopper'):
        taken = np.zeros(photo(name).shape[:2], int)
        for file, top, bottom, left, right in natural.THINGS.values():
            if file == name:
                assert bottom <= taken.shape[0] and right <= taken.shape[1]
                taken[top:bottom, left:right] += 1
        assert taken.max() == 1


def test_parts_share_no_scan():
    scans = {part: {scan.tobytes() for scan in scans_of(part)[0]} for part in PARTS}
    assert [len(scans[part]) for part in PARTS] == [1077, 270, 450]
    assert not scans['train'] & scans['val'] and not (scans['train'] | scans['val']) & scans['test']
    assert all(set(scans_of(part)[1]) == set(range(10)) for part in PARTS)
