"""A whole sweep in this process: search, final runs, table; and what is finished is not run again."""
import csv
import json

import pytest

from tests.benchmarks import SerialPool, write_sweep
from tests.small import train_options
from vpt_mm.cli import test
from vpt_mm.errors import UsageError
from vpt_mm.sweep import Conductor, Store, read_plan


class Scored(SerialPool):
    """Gives every run the score that a test says, without running it."""

    def __init__(self, score):
        super().__init__()
        self.score = score

    def outcome(self, run, **options):
        return dict(metrics={'accuracy/top1': self.score(run)}, seconds=1., aborted=False, tuned=5, backbone=50,
                    frozen=True)


def conduct(file, out, pool, **options):
    conductor = Conductor(read_plan(file), Store(out), **options)
    conductor.conduct(pool)
    return conductor.write_table()


def by_length(run):
    return 10. * run.point.get('length', 1) - run.point['lr'] + run.seed


def test_final_runs_have_the_best_point_of_the_search(tmp_path):
    pool = Scored(by_length)
    rows = conduct(write_sweep(tmp_path), tmp_path / 'out', pool)
    assert pool.done == len(rows) == 2 * (2 + 2) + 2 * (4 + 2)
    finals = [row for row in rows if row['final'] and row['protocol'] == 'VPT-deep']
    assert [(row['task'], row['seed'], row['lr'], row['length']) for row in finals] == [
        ('dtd', 1, 0.5, 2), ('dtd', 2, 0.5, 2), ('svhn', 1, 0.5, 2), ('svhn', 2, 0.5, 2)]
    with (tmp_path / 'out/results.csv').open() as table:
        written = list(csv.DictReader(table))
    assert [row['run'] for row in written] == [row['run'] for row in json.loads(
        (tmp_path / 'out/results.json').read_text())] == [row['run'] for row in rows]
    assert written[0].keys() >= {'sweep', 'config', 'protocol', 'task', 'seed', 'split', 'metric', 'value', 'tuned',
                                 'seconds', 'commit', 'lr', 'length'}


def test_a_limit_ends_early_and_the_rest_follows(tmp_path):
    file, score = write_sweep(tmp_path), by_length
    whole = conduct(file, tmp_path / 'whole', Scored(score))
    counts = []
    for limit in (0, 1, 7, None, None):
        pool = Scored(score)
        rows = conduct(file, tmp_path / 'parts', pool, limit=limit)
        counts.append(pool.done)
    assert counts == [0, 1, 7, 12, 0]
    assert rows == whole


def test_protocols_that_coincide_share_their_runs(tmp_path):
    linear = dict(tuning=dict(type='LinearProbe'), optimizer=dict(type='SGD'), grid=dict(lr=[0.5, 1.]))
    file, pool = write_sweep(tmp_path, protocols=dict(one=linear, other=linear), tasks=['dtd']), Scored(by_length)
    rows = conduct(file, tmp_path / 'out', pool)
    assert pool.done == 2 + 2 and len(rows) == 2 * (2 + 2)


def test_a_failed_run_is_named_and_the_others_are_kept(tmp_path):
    def score(run):
        if run.cell.task == 'dtd' and run.point == dict(lr=5.):
            raise RuntimeError('out of memory')
        return by_length(run)

    file = write_sweep(tmp_path)
    words = '1 runs failed, .* the first, Linear on dtd, val200, seed 1, lr 5.0: RuntimeError: out of memory'
    with pytest.raises(UsageError, match=words):
        conduct(file, tmp_path / 'out', Scored(score))
    assert len(list((tmp_path / 'out/runs').iterdir())) == 20 - 3  # it, and the final runs that wait for it
    pool = Scored(by_length)
    conduct(file, tmp_path / 'out', pool)
    assert pool.done == 3


def test_a_usage_error_ends_the_sweep_at_once(tmp_path):
    def score(run):
        raise UsageError('no pretrained weights')

    pool = Scored(score)
    with pytest.raises(UsageError, match='Linear on dtd, val200, seed 1, lr 0.5: no pretrained weights'):
        conduct(write_sweep(tmp_path), tmp_path / 'out', pool)
    assert pool.done == 1


def test_broken_results_and_other_metrics_are_named(tmp_path):
    file = write_sweep(tmp_path)
    conduct(file, tmp_path / 'out', Scored(by_length), limit=1)
    [record] = (tmp_path / 'out/runs').iterdir()
    record.write_text(record.read_text().replace('accuracy/top1', 'mIoU'))
    with pytest.raises(UsageError, match="the task's metric is accuracy/top1, the evaluator gives mIoU"):
        conduct(file, tmp_path / 'out', Scored(by_length))
    record.write_text(record.read_text()[:40])
    with pytest.raises(UsageError, match='is not the result of a run: remove it, and the run is done again'):
        Store(tmp_path / 'out')


def test_real_runs_are_saved_and_repeat(tmp_path):
    """Runs that are saved are tested again to the same score; a second sweep has the same scores."""
    file = write_sweep(tmp_path, tasks=['svhn'], rates=(2.,), lengths=(2,), epochs=12, seeds=(1,))
    rows = conduct(file, tmp_path / 'out', SerialPool(), save=True)
    again = conduct(file, tmp_path / 'again', SerialPool())
    assert [row['value'] for row in rows] == [row['value'] for row in again]
    assert [row['tuned'] for row in rows] == [33 * 10, 33 * 10 + 4 * 2 * 32]
    assert len(list((tmp_path / 'out').rglob('epoch_*.pth'))) == 2
    assert not list((tmp_path / 'again').rglob('*.pth'))
    folder = tmp_path / 'out' / 'logs' / rows[1]['run']
    metrics = test.run(train_options(folder, config=str(folder / 'config.json'),
                                        checkpoint=str(next(folder.rglob('epoch_*.pth')))))
    assert metrics['accuracy/top1'] == rows[1]['value']
    logs = list((tmp_path / 'again/logs').rglob('*.log'))
    assert len(logs) == 2 and 'Config:' in logs[0].read_text()
