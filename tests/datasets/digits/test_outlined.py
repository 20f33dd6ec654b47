"""Outlined scenes: what `vpt-mm data` paints of their outlines is the masks that they were drawn with."""
import numpy as np
import pytest

from vpt_mm.datasets.digits.outlined import NAMES, main, write_outlined
from vpt_mm.datasets.digits.scans import load_scans
from vpt_mm.datasets.digits.scenes import FIRST_DIGIT, draw_scene
from vpt_mm.datasets.found import look
from vpt_mm.errors import UsageError


def test_outlines_become_the_masks_of_the_scenes(tmp_path):
    found, scans = look(write_outlined(tmp_path / 'mine', images=25)), load_scans('training')
    assert found.layout == 'labelme' and found.classes[0] == 'background' and len(found.samples) == 25
    numbers = [FIRST_DIGIT + NAMES.index(name) for name in found.classes[1:]]
    for index, sample in enumerate(found.samples):
        _, mask = draw_scene(index, scans=scans, size=64, digits=(1, 1))
        meant = np.zeros_like(mask)
        for label, number in enumerate(numbers, 1):
            meant[mask == number] = label
        assert meant.any() and np.array_equal(sample.label(), meant)


def test_what_it_refuses(tmp_path, capsys):
    (tmp_path / 'a').write_text('')
    with pytest.raises(UsageError, match='is not an empty folder'):
        write_outlined(tmp_path, images=1)
    with pytest.raises(SystemExit):
        main([str(tmp_path / 'new'), '--images', '0'])
    assert 'images must be a whole number of at least 1, got 0' in capsys.readouterr().err
