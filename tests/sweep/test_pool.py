"""Sweeps on Ray: the command, a sweep that is killed and started again, and what is refused."""
import json
import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from tests.benchmarks import ROOT, SerialPool, write_sweep
from vpt_mm.errors import UsageError
from vpt_mm.sweep import Conductor, RayPool, Store, pool, read_plan

VARYING = ('seconds', 'commit')


def command(file, out, *, log):
    with log.open('w') as text:
        return subprocess.Popen([sys.executable, '-m', 'vpt_mm', 'sweep', str(file), '--out', str(out), '--cpus', '1'],
                                cwd=ROOT, stdout=text, stderr=text,
                                env={**os.environ, 'PYTHONPATH': str(ROOT), 'RAY_worker_niceness': '0'})


def table(out):
    return [{key: value for key, value in row.items() if key not in VARYING}
            for row in json.loads((out / 'results.json').read_text())]


@pytest.mark.slow
def test_a_killed_sweep_ends_with_the_table_of_an_unbroken_one(tmp_path):
    """Killed after a number of finished runs that chance gives; runs in Ray's processes equal runs in this one."""
    pytest.importorskip('ray', reason='a sweep on Ray needs the extra: pip install -e ".[sweep]"')
    file, killed_at = write_sweep(tmp_path), 1 + time.time_ns() % 15
    log = tmp_path / 'log.txt'
    first = command(file, tmp_path / 'killed', log=log)
    runs = tmp_path / 'killed' / 'runs'
    while first.poll() is None and (not runs.is_dir() or len(list(runs.glob('*.json'))) < killed_at):
        time.sleep(0.02)
    assert first.poll() is None, log.read_text()
    first.send_signal(signal.SIGKILL)
    first.wait()
    kept = {record.name: record.stat().st_mtime_ns for record in runs.glob('*.json')}
    assert killed_at <= len(kept) < 20

    assert command(file, tmp_path / 'killed', log=log).wait() == 0, log.read_text()
    assert 'Means over seeds' in log.read_text() and '20 runs' in log.read_text()
    assert {name: (runs / name).stat().st_mtime_ns for name in kept} == kept

    unbroken = Conductor(read_plan(file), Store(tmp_path / 'unbroken'))
    unbroken.conduct(SerialPool())
    unbroken.write_table()
    assert table(tmp_path / 'killed') == table(tmp_path / 'unbroken')


@pytest.mark.parametrize('address, words', [
    ('127.0.0.1:1', 'the Ray cluster at 127.0.0.1:1 does not answer'), ('ray://127.0.0.1:1', 'does not answer'),
    ('127.0.0.1:99999', 'does not answer'), ('somewhere', 'must be host:port or auto')])
def test_an_address_that_does_not_answer_is_named_before_ray_waits_for_it(address, words, monkeypatch):
    ray = pytest.importorskip('ray', reason='the extra is not installed: pip install -e ".[sweep]"')
    asked = []
    monkeypatch.setattr(ray, 'init', lambda **options: asked.append(options))
    with pytest.raises(UsageError, match=words):
        RayPool(address=address)
    assert asked == []


def test_without_ray_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, 'ray', None)
    with pytest.raises(UsageError, match=r'a sweep needs ray.*vpt-mm\[sweep\]'):
        RayPool()


class FakeRay(SimpleNamespace):
    """As much of Ray as a pool asks before it runs anything."""

    def __init__(self, **resources):
        super().__init__(init=lambda **kwargs: None, shutdown=lambda: None, cluster_resources=lambda: resources,
                         remote=lambda **options: lambda function: options)


@pytest.mark.parametrize('resources, options, slots, taken', [
    (dict(CPU=8), dict(cpus_per_run=2), 4, 0), (dict(CPU=64, GPU=8), {}, 8, 1),
    (dict(CPU=64, GPU=2), dict(gpus_per_run=0.5), 4, 0.5), (dict(CPU=4, GPU=8), dict(gpus_per_run=0), 4, 0)])
def test_slots_follow_from_cores_and_gpus(monkeypatch, resources, options, slots, taken):
    monkeypatch.setattr(pool, '_import_ray', lambda: FakeRay(**resources))
    made = RayPool(**options)
    assert made.slots == slots and made.room == 2 * slots
    assert made.execute['num_gpus'] == taken and made.execute['max_calls'] == 0


def test_a_run_that_needs_more_than_there_is_is_refused(monkeypatch):
    monkeypatch.setattr(pool, '_import_ray', lambda: FakeRay(CPU=2))
    with pytest.raises(UsageError, match='a run needs 1 cores and 1 GPUs; Ray has 2 and 0: lower'):
        RayPool(gpus_per_run=1)
