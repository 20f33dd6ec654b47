"""Pictures are written whole, in the format that the name says."""
import sys

import pytest

from vpt_mm.errors import UsageError
from vpt_mm.picture import picture


def test_the_ending_is_the_format(tmp_path):
    for ending, start in (('png', b'\x89PNG'), ('svg', b'<?xml')):
        with picture(tmp_path / f'line.{ending}', size=(2, 1)) as (_, axes):
            axes.plot([0, 1])
        assert (tmp_path / f'line.{ending}').read_bytes().startswith(start)


def test_an_error_while_drawing_leaves_what_was_there(tmp_path):
    out = tmp_path / 'line.png'
    out.write_bytes(b'before')
    with pytest.raises(ZeroDivisionError), picture(out, size=(2, 1)):
        _ = 1 / 0
    assert out.read_bytes() == b'before' and list(tmp_path.iterdir()) == [out]


def test_what_can_not_be_drawn_is_refused(tmp_path, monkeypatch):
    with pytest.raises(UsageError, match=r'a picture ends in one of .*png.*, got .*line\.doc'), \
            picture(tmp_path / 'line.doc', size=(2, 1)):
        pass
    monkeypatch.setitem(sys.modules, 'matplotlib.figure', None)
    with pytest.raises(UsageError, match='a picture needs matplotlib'), picture(tmp_path / 'line.png', size=(2, 1)):
        pass
