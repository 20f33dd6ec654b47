"""What is complete of the benchmarks' data, and vpt-mm check-data."""
import shutil

import pytest

from tests.benchmarks import write_task
from vpt_mm.cli.main import main
from vpt_mm.datasets import find_task
from vpt_mm.datasets.benchmarks.check import check_task, require_data
from vpt_mm.datasets.digits.scenes import main as write_scenes
from vpt_mm.errors import UsageError


def problems(name, root):
    return check_task(find_task(name), root=root).problems


def test_good_data_have_notes_at_most(tmp_path):
    write_task(tmp_path, 'dtd')
    report = check_task(find_task('dtd'), root=tmp_path)
    assert report.problems == [] and report.images == dict(train800=8, val200=4, train800val200=12, test=4)
    assert report.notes[0] == 'train800 has 8 images, of 800'
    write_task(tmp_path, 'svhn', train=800, val=200, test=4, size=2)
    assert check_task(find_task('svhn'), root=tmp_path).notes == ['test has 4 images, of 26,032']


def test_every_fault_is_named(tmp_path):
    assert problems('dtd', tmp_path) == [f'no folder {tmp_path}/vtab-1k/dtd']
    folder = write_task(tmp_path, 'dtd')
    lists = {split: (folder / f'{split}.txt').read_text() for split in ('train800', 'val200', 'test')}
    (folder / 'images/test/0001.png').unlink()
    assert problems('dtd', tmp_path) == [f'1 of 4 images of test are missing: {folder}/images/test/0001.png']
    write_task(tmp_path, 'dtd')
    (folder / 'test.txt').write_text(lists['test'] + lists['train800'].split('\n')[0] + '\n')
    found = problems('dtd', tmp_path)
    assert found[0] == f'train800 and test share 1 images, such as {folder}/images/train800/0000.png'
    (folder / 'test.txt').write_text(lists['test'] + lists['test'].split('\n')[0] + '\n')
    assert problems('dtd', tmp_path) == [f'test lists an image twice: {folder}/images/test/0000.png']
    (folder / 'test.txt').write_text('images/test/0000.png 47\n')
    assert 'labels of dtd must be 0..46, got 47' in problems('dtd', tmp_path)[0]
    (folder / 'test.txt').unlink()
    assert 'no test.txt or test.json' in problems('dtd', tmp_path)[0]
    with pytest.raises(UsageError, match='the data are not complete .*\n  dtd: no test.txt'):
        require_data(dict(dtd=tmp_path))


def test_ade20k(tmp_path):
    folder = tmp_path / 'ade' / 'ADEChallengeData2016'
    write_scenes([str(folder), '--images', '3', '--val-images', '2', '--size', '64'])
    report = check_task(find_task('ade20k'), root=tmp_path)
    assert report.images == dict(training=3, validation=2) and not report.problems
    next((folder / 'annotations/training').iterdir()).unlink()
    assert problems('ade20k', tmp_path)[0].startswith('1 of 3 images of training have no mask')
    shutil.rmtree(folder / 'images/validation')
    assert problems('ade20k', tmp_path)[1] == f'no images in {folder}/images/validation'


def test_the_command_says_what_is_missing(tmp_path, capsys):
    write_task(tmp_path, 'dtd')
    main(['check-data', 'dtd', '--root', str(tmp_path)])
    assert 'not usable' not in capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        main(['check-data', 'dtd', 'svhn', '--root', str(tmp_path)])
    assert ended.value.code == 1 and 'not usable' in capsys.readouterr().out
