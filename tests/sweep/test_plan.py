"""Sweep files: what they say, and what is refused before anything runs."""
from pathlib import Path

import pytest

from tests.benchmarks import write_sweep
from vpt_mm.errors import UsageError
from vpt_mm.sweep import read_plan, read_sweep

SWEEPS = Path(__file__).parents[2] / 'configs' / 'sweeps'


def test_the_papers_grids():
    plan = read_plan(SWEEPS / 'vtab_vit-b.py')
    assert len(plan.tasks) == 19 and plan.seeds == [42, 44, 82, 100, 800]
    points = {protocol.name: len(protocol.points) for protocol in plan.protocols}
    assert points['VPT-deep'] == 10 * 4 * 6 and points['VPT-shallow'] == 14 * 4 * 6 and points['Full'] == 4 * 4
    deep = next(protocol for protocol in plan.protocols if protocol.name == 'VPT-deep')
    assert deep.points[0] == dict(lr=50, weight_decay=0.01, length=1)
    assert deep.optimizer == dict(type='SGD', momentum=0.9)


@pytest.mark.parametrize('file', sorted(SWEEPS.glob('*.py')), ids=lambda file: file.stem)
def test_every_sweep_file_can_be_read(file):
    assert read_sweep(file).identity == read_sweep(file).identity


def test_options_replace_entries_and_tell_sweeps_apart(tmp_path):
    file = write_sweep(tmp_path)
    plain = read_plan(file)
    changed = read_plan(file, tasks=['svhn'], seeds=None, protocols=['Linear'], fractions=[.5, 1])
    assert changed.tasks == ['svhn'] and changed.fractions == [.5, 1] and changed.seeds == plain.seeds
    assert [protocol.name for protocol in changed.protocols] == ['Linear']
    assert plain.identity == read_plan(file).identity != changed.identity


LINEAR = dict(tuning=dict(type='LinearProbe'), optimizer=dict(type='SGD'))


@pytest.mark.parametrize('changes, words', [
    (dict(protocols={'A': dict(LINEAR, grid=dict(lr=[1], weight_decay=[]))}), 'of protocol A needs a value of weight_'),
    (dict(protocols={'A': dict(LINEAR, grid={})}), 'grid of protocol A needs a value of lr, got none'),
    (dict(protocols={'A': dict(LINEAR, grid=dict(lr=[0.1, 0]))}), r'must be positive numbers, got \[0.1, 0\]'),
    (dict(protocols={'A': LINEAR}), 'protocol A takes .*; missing: grid'),
    (dict(protocols={'A': dict(LINEAR, grid=dict(lr=[1]), lr=1)}), 'unknown: lr'),
    (dict(protocols={}), 'a sweep needs protocols, got none'), (dict(seeds=[]), 'a sweep needs seeds'),
    (dict(seeds=[1, 1]), r'seeds must be different whole numbers of 0 or more, got \[1, 1\]'),
    (dict(fractions=[0.5, 2]), 'data fractions must be above 0 and at most 1, got 2'),
    (dict(tasks=['dtt']), r"got 'dtt'. Did you mean dtd\?"), (dict(speed=1), 'unknown: speed'),
    (dict(protocols=['Linear']), r"protocols must be a dict, got \['Linear'\]"),
    (dict(protocols={'A': [1]}), r'protocols: A must be a dict, got \[1\]'),
    (dict(protocols={'A': dict(LINEAR, grid=[1, 2])}), r'protocol A: grid must be a dict, got \[1, 2\]'),
    (dict(tasks='dtd'), "tasks must be a list, got 'dtd'"), (dict(seeds=3), 'seeds must be a list, got 3'),
    (dict(config='nothing.py'), 'no config file at nothing.py')])
def test_bad_sweeps_are_refused(tmp_path, changes, words):
    file = write_sweep(tmp_path)
    with file.open('a') as lines:
        lines.writelines(f'\n{key} = {value!r}' for key, value in changes.items())
    with pytest.raises(UsageError, match=words):
        read_plan(file)


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(UsageError, match='no sweep file at'):
        read_plan(tmp_path / 'none.py')
    with pytest.raises(UsageError, match="has the protocols Linear, VPT-deep, got Full"):
        read_plan(write_sweep(tmp_path), protocols=['Full'])
