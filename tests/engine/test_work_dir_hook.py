"""WorkDirHook: to which run a work dir and its checkpoints belong."""
import shutil

import pytest
import torch
from mmengine.hooks import Hook

from tests.runs import build_runner, run_config, save_weights
from vpt_mm.engine.work_dir import WorkDir
from vpt_mm.errors import UsageError


@pytest.fixture
def config(tmp_path):
    return run_config(tmp_path / 'run', weights=save_weights(tmp_path / 'base.pth'), iters=2, log_level='WARNING')


def run_of_checkpoint(tmp_path):
    return torch.load(tmp_path / 'run/iter_2.pth', weights_only=True)['meta']['vpt_mm']['run']


def test_each_run_has_a_name_which_a_resumed_one_keeps(tmp_path, config, capfd):
    build_runner(config).train()
    first = run_of_checkpoint(tmp_path)
    assert WorkDir(tmp_path / 'run').run == first
    config.resume, config.load_from = True, str(tmp_path / 'run/iter_2.pth')
    build_runner(config).train()
    assert WorkDir(tmp_path / 'run').run == first
    config.resume, config.load_from = False, None
    build_runner(config).train()
    assert WorkDir(tmp_path / 'run').run == run_of_checkpoint(tmp_path) != first
    assert 'has files of an earlier run, which stay' in capfd.readouterr().out


def test_mmengine_finds_no_checkpoint_of_an_earlier_run(tmp_path, config):
    build_runner(config).train()
    WorkDir(tmp_path / 'run').begin()  # as a run that was killed before its first checkpoint
    config.resume = True
    with pytest.raises(UsageError, match='is of an earlier run, and the last one has left none'):
        build_runner(config).train()


def test_a_work_dir_that_is_removed_ends_the_run(tmp_path, config):
    class Remover(Hook):
        def before_train_iter(self, runner, batch_idx, data_batch=None):
            shutil.rmtree(runner.work_dir, ignore_errors=True)

    config.default_hooks.logger = None  # it would miss the folder first
    runner = build_runner(config)
    runner.register_hook(Remover())
    with pytest.raises(UsageError, match='was removed while the run was going on'):
        runner.train()
