"""OwedValidationHook: when a validation is made up for; tests/engine/test_kills.py kills runs of iterations in one."""
import pytest
import torch
from mmengine.hooks import Hook
from mmengine.registry import HOOKS

from tests.runs import build_runner, run_config, save_weights


@HOOKS.register_module()
class CountingHook(Hook):
    """Counts validations of the process, and breaks the run in one of them."""

    begun, broken = 0, None

    def before_val_iter(self, runner, batch_idx, data_batch=None):
        if batch_idx == 0:
            CountingHook.begun += 1
        if CountingHook.begun == self.broken:
            raise KeyboardInterrupt


@pytest.fixture(params=['epochs', 'iterations'])
def config(request, tmp_path, monkeypatch):
    monkeypatch.setattr(CountingHook, 'begun', 0)
    config = run_config(tmp_path / 'run', weights=save_weights(tmp_path / 'base.pth'),
                        hooks=[dict(type='CountingHook')])
    config.default_hooks.checkpoint.update(save_best='accuracy/top1')
    if request.param == 'epochs':
        config.train_cfg = dict(by_epoch=True, max_epochs=3)
        config.train_dataloader.sampler = dict(type='DefaultSampler', shuffle=True)
        config.default_hooks.checkpoint.update(by_epoch=True, interval=1)
    return config


def resume(config, number):
    file, = (file for file in (config.work_dir + f'/iter_{2 * number}.pth', config.work_dir + f'/epoch_{number}.pth')
             if torch.os.path.isfile(file))
    config.resume, config.load_from = True, file
    build_runner(config).train()
    return torch.load(file, weights_only=True)['meta']['vpt_mm']['metrics']


def test_a_broken_validation_is_made_up_for(config, monkeypatch):
    monkeypatch.setattr(CountingHook, 'broken', 2)
    with pytest.raises(KeyboardInterrupt):
        build_runner(config).train()
    monkeypatch.setattr(CountingHook, 'broken', None)
    assert resume(config, 2).keys() == {'accuracy/top1'}
    assert CountingHook.begun == 4  # three, of which one began twice


def test_a_whole_one_is_not_run_again(config):
    build_runner(config).train()
    assert CountingHook.begun == 3
    resume(config, 3)
    assert CountingHook.begun == 3
