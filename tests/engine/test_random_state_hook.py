"""RandomStateHook: which random numbers a resumed run draws."""
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.hooks import Hook
from mmengine.registry import DATASETS, HOOKS

from tests.runs import RandomImages, build_runner, learned_state, run_config, save_weights
from vpt_mm.engine import random_state_hook
from vpt_mm.engine.random_state_hook import RandomStateHook, random_state


@pytest.fixture
def weights(tmp_path):
    return save_weights(tmp_path / 'base.pth')


def load(path):
    return torch.load(path, weights_only=True)


def test_every_process_gets_its_own_back(monkeypatch):
    """The second of two processes, as far as the hook can tell."""
    mine, theirs = random_state(), torch.Generator().manual_seed(5).get_state()
    saved = dict(random_states=[mine, {**mine, 'cpu': theirs}])
    run = SimpleNamespace(_resume=True, train_loop=None)
    hook = RandomStateHook()
    hook.after_load_checkpoint(run, saved)
    assert hook.resumed is None  # one process has no use for the numbers of two
    monkeypatch.setattr(random_state_hook, 'get_world_size', lambda: 2)
    monkeypatch.setattr(random_state_hook, 'get_rank', lambda: 1)
    hook.after_load_checkpoint(run, saved)
    hook.before_train_epoch(run)
    assert torch.equal(torch.get_rng_state(), theirs)


def test_those_of_all_processes_are_saved(tmp_path, weights, monkeypatch):
    monkeypatch.setattr(random_state_hook, 'all_gather_object', lambda one: [one, {**one, 'cpu': torch.zeros(3)}])
    build_runner(run_config(tmp_path / 'run', weights=weights, iters=2)).train()
    first, second = load(tmp_path / 'run/iter_2.pth')['random_states']
    assert len(first['cpu']) > 3 and len(second['cpu']) == 3


@DATASETS.register_module()
class NoisyImages(RandomImages):
    """Loads with numpy's random numbers, as transforms do."""

    def __getitem__(self, index):
        item = super().__getitem__(index)
        noise = np.random.randint(0, 50, 3)[:, None, None]  # noqa: NPY002  (the generator that transforms draw from)
        return dict(item, inputs=(item['inputs'] // 2 + torch.tensor(noise)).to(torch.uint8))


@HOOKS.register_module()
class DrawingHook(Hook):
    """Draws between two batches, as Mixup does: replaying the data alone would not."""

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        np.random.rand()  # noqa: NPY002  (as above)


def test_numbers_that_training_draws_from_the_generator_of_the_data(tmp_path, weights):
    def run(name, *, resume=None):
        config = run_config(tmp_path / name, weights=weights, hooks=[dict(type='DrawingHook')], resume=bool(resume),
                            load_from=resume)
        config.train_dataloader.dataset.type = 'NoisyImages'
        runner = build_runner(config)
        runner.train()
        return learned_state(runner.model)

    unbroken, resumed = run('unbroken'), run('resumed', resume=str(tmp_path / 'unbroken/iter_2.pth'))
    for name, tensor in unbroken.items():
        assert torch.equal(resumed[name], tensor), name
    for name in ('numpy', 'python'):
        ours, theirs = (load(tmp_path / place / 'iter_6.pth')['random_states'][0][name]
                        for place in ('resumed', 'unbroken'))
        assert ours == theirs
