"""Files are written whole or not at all."""
import errno
import os

import pytest

from vpt_mm.errors import UsageError
from vpt_mm.files import require_writable, write_whole


def test_a_write_that_fails_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / 'iter_1.pth'
    write_whole(b'first', path)

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, 'fsync', full)
    with pytest.raises(UsageError, match='No space left on device'):
        write_whole(b'second', path)
    assert path.read_bytes() == b'first'
    assert os.listdir(tmp_path) == ['iter_1.pth']


def test_a_place_that_is_no_folder_is_named(tmp_path):
    (tmp_path / 'file').write_text('')
    with pytest.raises(UsageError, match=r'iter_1\.pth .* cannot be written'):
        write_whole(b'x', tmp_path / 'file' / 'iter_1.pth')


def test_files_have_the_rights_that_open_gives(tmp_path):
    write_whole(b'x', tmp_path / 'ours')
    (tmp_path / 'theirs').write_bytes(b'x')
    assert (tmp_path / 'ours').stat().st_mode == (tmp_path / 'theirs').stat().st_mode


def test_a_file_that_could_not_be_written_is_refused_before_the_work(tmp_path):
    (tmp_path / 'file').write_text('')
    for path, reason in ((tmp_path / 'file' / 'out.csv', 'cannot be written: Not a directory'),
                         (tmp_path, 'cannot be written: Is a directory'),
                         (tmp_path / 'out.doc', r'must be named \*.csv or \*.json, got .*out.doc')):
        with pytest.raises(UsageError, match=reason):
            require_writable(path, ['.csv', '.json'] if path.suffix == '.doc' else None)


def test_asking_leaves_nothing_behind(tmp_path):
    require_writable(tmp_path / 'new' / 'folder' / 'out.csv', ['.csv'])
    assert not list(tmp_path.iterdir())
