"""WorkDir: one run at a time, and the checkpoints that are its own."""
import os
import shutil
import signal

import pytest
import torch

from vpt_mm.engine.work_dir import WorkDir
from vpt_mm.errors import UsageError
from vpt_mm.files import write_whole


def save(path, run, *, age=0):
    torch.save(dict(meta=dict(vpt_mm=dict(run=run))), path)
    os.utime(path, (1e9 - age, 1e9 - age))
    return str(path)


def test_another_process_is_kept_out_until_it_is_killed(tmp_path):
    ready, tell = os.pipe()
    child = os.fork()
    if child == 0:
        held = WorkDir(tmp_path)
        held.begin('first')
        os.write(tell, b'.')
        signal.pause()
    try:
        os.read(ready, 1)
        with pytest.raises(UsageError, match=f'another run is using the work dir {tmp_path}: wait for its end'):
            WorkDir(tmp_path)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert WorkDir(tmp_path).run == 'first'


def test_only_the_first_of_several_processes_holds_it(tmp_path):
    work_dir = WorkDir(tmp_path)
    work_dir.begin('this')
    other = WorkDir(tmp_path, first=False)
    other.begin('that')
    assert other.run == 'this'


def test_the_newest_checkpoint_of_the_last_run(tmp_path):
    work_dir = WorkDir(tmp_path)
    assert work_dir.latest_checkpoint() is None
    work_dir.begin()
    save(tmp_path / 'iter_2.pth', work_dir.run, age=2)
    newest = save(tmp_path / 'iter_4.pth', work_dir.run, age=1)
    save(tmp_path / 'iter_9.pth', 'another')
    assert work_dir.latest_checkpoint() == newest
    work_dir.begin()
    assert work_dir.latest_checkpoint() is None
    assert [file.name for file in work_dir.checkpoints()] == ['iter_9.pth', 'iter_4.pth', 'iter_2.pth']


def test_mmengines_marker_is_believed_where_it_points_to_a_file(tmp_path):
    work_dir = WorkDir(tmp_path / 'run')
    work_dir.begin()
    marked = save(tmp_path / 'run/iter_2.pth', work_dir.run, age=1)
    newest = save(tmp_path / 'run/iter_4.pth', work_dir.run)
    for text, expected in (('', newest), (str(tmp_path / 'gone.pth'), newest), (marked, marked)):
        (tmp_path / 'run/last_checkpoint').write_text(text)
        assert work_dir.latest_checkpoint() == expected


def test_a_copied_work_dir_goes_on_from_its_own_checkpoint(tmp_path):
    work_dir = WorkDir(tmp_path / 'run')
    work_dir.begin()
    (tmp_path / 'run/last_checkpoint').write_text(save(tmp_path / 'run/iter_2.pth', work_dir.run))
    shutil.copytree(tmp_path / 'run', tmp_path / 'copy')
    assert WorkDir(tmp_path / 'copy').latest_checkpoint() == str(tmp_path / 'copy/iter_2.pth')


def test_what_a_killed_write_left_is_removed(tmp_path, monkeypatch):
    class Killed(BaseException):
        pass

    def kill(descriptor):
        raise Killed

    monkeypatch.setattr(os, 'fsync', kill)
    with pytest.raises(Killed):
        write_whole(b'1234', tmp_path / 'iter_2.pth')
    assert len(list(tmp_path.iterdir())) == 1
    WorkDir(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ['last_run']


def test_a_folder_that_was_removed_is_told(tmp_path):
    work_dir = WorkDir(tmp_path / 'run')
    work_dir.require()
    shutil.rmtree(tmp_path / 'run')
    with pytest.raises(UsageError, match='was removed while the run was going on'):
        work_dir.require()
