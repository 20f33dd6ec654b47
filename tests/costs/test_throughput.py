"""Training on two CPU processes by the command itself, and the throughput that is read from their logs."""
import json
import re
import subprocess
from pathlib import Path

import pytest

from vpt_mm.costs.throughput import Throughput, measure_throughput, read_seconds, throughput_table
from vpt_mm.errors import UsageError

CONFIG = Path(__file__).parents[2] / 'configs/digits/cls_digits_deep.py'


@pytest.mark.slow
def test_two_processes_train_by_the_command(monkeypatch):
    monkeypatch.setenv('PYTHONPATH', str(CONFIG.parents[2]))
    measured, = measure_throughput(CONFIG, processes=[2], steps=10, options=[
        'train_dataloader.batch_size=2', 'train_dataloader.dataset.images=40'])
    assert measured.processes == 2 and measured.images == pytest.approx(2 * 2 / measured.seconds)


@pytest.mark.parametrize('log, shown', [
    ('start\nerror: length must be 1\nE1124 exitcode: 1\n' + 'Traceback\n' * 9, ': length must be 1'),
    ('error: other weights.\n  Of another shape: a\nE1124 exitcode', ': other weights.\n  Of another shape: a'),
    ('Traceback\nRuntimeError: x', ':\nTraceback\nRuntimeError: x')])
def test_a_run_that_fails_is_shown(monkeypatch, log, shown):
    failed = subprocess.CompletedProcess([], 1, stdout=log)
    monkeypatch.setattr(subprocess, 'run', lambda *args, **kwargs: failed)
    with pytest.raises(UsageError) as refused:
        measure_throughput(CONFIG, processes=[3], steps=10)
    assert str(refused.value) == f'training on 3 processes failed{shown}'


def test_seconds_are_the_median_after_the_warm_up(tmp_path):
    log = tmp_path / '1/vis_data/scalars.json'
    log.parent.mkdir(parents=True)
    seconds = [9, 9, 9, 1, 2, 3, 4, 5, 6, 7]
    log.write_text(''.join(json.dumps(dict(time=time, loss=1.)) + '\n' for time in seconds) + '{"accuracy": 1}\n')
    assert read_seconds(tmp_path) == 4


def test_the_table_has_ratios_to_the_first():
    table = throughput_table([Throughput(1, 0.5, 8.), Throughput(2, 0.5, 16.)])
    assert list(table.columns[3].cells) == ['1.00', '2.00']


def test_what_can_not_be_measured(tmp_path):
    with pytest.raises(UsageError, match='steps must be 10 or more, for a median after the warm-up, got 3'):
        measure_throughput(CONFIG, processes=[1], steps=3)
    (tmp_path / 'epochs.py').write_text('train_cfg = dict(by_epoch=True)\n')
    with pytest.raises(UsageError, match=re.escape('trains by epochs')):
        measure_throughput(tmp_path / 'epochs.py', processes=[1], steps=10)
