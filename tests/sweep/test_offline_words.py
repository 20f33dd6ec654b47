"""The experiment of words: what is finished is written down at once."""
import pytest

from tests.benchmarks import ROOT
from vpt_mm.errors import UsageError
from vpt_mm.results.table import read_results
from vpt_mm.sweep import offline_words


def rows_of(trial, work_dir):
    if trial.protocol == 'CoOp':
        raise RuntimeError('out of memory')
    return [dict(sweep='one', group=trial.group, task=task, protocol=trial.protocol, split='test', final=True,
                 seed=trial.seed, fraction=1., size=None, value=50.) for task in trial.tests]


def test_what_is_finished_is_in_the_table(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(offline_words.Trial, 'rows', rows_of)
    said = []
    with pytest.raises(RuntimeError, match='out of memory'):
        offline_words.run_experiment(tmp_path, seeds=(1, 2), report=said.append)
    found = [(row['protocol'], row['seed'], row['task']) for row in read_results(tmp_path / 'results.csv').rows]
    assert found == [(protocol, seed, task) for protocol in ('zero-shot', 'VPT') for seed in (1, 2)
                     for task in offline_words.TESTS['letters']]
    assert said[0] == 'letters, zero-shot, seed 1: base letters 50.0, new letters 50.0, unseen letters 50.0'
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match='run this in the folder of the repository'):
        offline_words.run_experiment(tmp_path)
