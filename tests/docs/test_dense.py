"""docs/dense.md says what its file of results holds; a run, done again, lands where it says; its command runs."""
import os
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import mean, stdev

import pytest

from tests.docs.pages import ROOT
from vpt_mm.datasets.digits.scenes import write_scenes
from vpt_mm.results.table import read_results
from vpt_mm.results.tuned import tuned_sheets
from vpt_mm.sweep import read_sweep
from vpt_mm.sweep.execute import execute

RESULTS, SWEEP = ROOT / 'docs/dense_results.csv', ROOT / 'configs/sweeps/dense.py'


def test_the_tables_are_those_of_the_results_of_every_method():
    rows, page = read_results(RESULTS).finals(), (ROOT / 'docs/dense.md').read_text().splitlines()
    cells = {(cell.task, cell.protocol.name): len(cell.plan.seeds) for cell in read_sweep(SWEEP).cells}
    found = [(row['task'], row['protocol']) for row in rows]
    assert {cell: found.count(cell) for cell in found} == cells
    for sheet in tuned_sheets(rows, columns=['scenes', 'harder']):
        lines = [line for line in sheet.markdown().splitlines() if line.startswith('|')]
        assert len(lines) > 5 and [line for line in lines if line not in page] == []


@pytest.mark.slow
def test_a_run_done_again_lands_within_its_deviation(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_scenes('data/digit_scenes', images=2000, val_images=200, size=64, digits=(1, 1), contrast=0.18)
    plan = read_sweep(SWEEP, tasks=['ConvNeXt'], protocols=['HeadOnly'], seeds=[42])
    run = plan.cells[0].run(42, 0)
    again = execute(run.config, work_dir=tmp_path, tests={'scenes': run.options['tests']['scenes']})
    values = [row['scenes'] for row in read_results(RESULTS).finals()
              if (row['task'], row['protocol']) == ('ConvNeXt', 'HeadOnly')]
    found = again['metrics']['scenes/mIoU']
    assert len(values) > 1 and abs(found - mean(values)) <= stdev(values), f'{found} does not fit {values}'


@pytest.mark.slow
def test_the_command_makes_the_tables(tmp_path):
    """For one row of them."""
    (tmp_path / 'tools').mkdir()
    shutil.copy(ROOT / 'tools/dense.sh', tmp_path / 'tools')
    os.symlink(ROOT / 'configs', tmp_path / 'configs')
    path = f'{Path(sys.executable).parent}:{os.environ["PATH"]}'
    subprocess.run(['bash', 'tools/dense.sh', '--tasks', 'ViT', '--protocols', 'HeadOnly'], check=True, cwd=tmp_path,
                   env=dict(os.environ, PATH=path, PYTHONPATH=str(ROOT)))
    out = tmp_path / 'work_dirs/sweeps/dense'
    assert '| HeadOnly | 0 | ' in (out / 'tuned.md').read_text() and (out / 'tuned.png').is_file()
