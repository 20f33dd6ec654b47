"""Small checkpoints: what they hold, and that runs resume from them to the same result, even after SIGKILL."""
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.evaluator import BaseMetric
from mmengine.registry import METRICS

from tests.runs import build_runner, learned_state, run_config, save_weights
from vpt_mm.errors import UsageError
from vpt_mm.models.frozen import frozen_weights
from vpt_mm.weights import fingerprint

ROOT = Path(__file__).parents[2]


@pytest.fixture
def weights(tmp_path):
    return save_weights(tmp_path / 'base.pth')


def load(path):
    return torch.load(path, weights_only=True)


def resumed(config, checkpoint=None):
    config.resume, config.load_from = True, checkpoint and str(checkpoint)
    return build_runner(config)


def test_a_checkpoint_holds_what_trained_and_a_fingerprint(tmp_path, weights):
    runner = build_runner(run_config(tmp_path / 'run', weights=weights))
    runner.train()
    saved = load(tmp_path / 'run' / 'iter_6.pth')
    assert set(saved['state_dict']) == {'backbone.tuning.tokens', 'head.fc.weight', 'head.fc.bias'}
    assert saved['meta']['vpt_mm']['frozen_weights'] == fingerprint(frozen_weights(runner.model))
    assert saved['optimizer']['state']


def test_random_frozen_weights_are_kept_since_nothing_brings_them_again(tmp_path):
    config = run_config(tmp_path / 'run')
    config.custom_hooks[0].allow_random_backbone = True
    runner = build_runner(config)
    runner.train()
    path = tmp_path / 'run' / 'iter_6.pth'
    assert set(load(path)['state_dict']) == set(runner.model.state_dict())
    config.load_from = str(path)
    again = build_runner(config)
    again.test()
    for key, tensor in runner.model.state_dict().items():
        assert torch.equal(again.model.state_dict()[key], tensor), key


def test_frozen_weights_that_load_from_brought_are_kept(tmp_path, weights):
    state = {f'backbone.{key}': tensor for key, tensor in load(weights)['state_dict'].items()}
    torch.save({'state_dict': state}, tmp_path / 'whole.pth')
    config = run_config(tmp_path / 'run', load_from=str(tmp_path / 'whole.pth'))
    build_runner(config).train()
    config.load_from = str(tmp_path / 'run' / 'iter_6.pth')
    again = build_runner(config)
    again.test()
    assert torch.equal(again.model.backbone.pos_embed, load(weights)['state_dict']['pos_embed'])


@METRICS.register_module()
class Wordy(BaseMetric):
    """A number, and what others give beside it: mmdet a text, mmpretrain a list of the classes."""

    def process(self, data_batch, data_samples):
        self.results.append(1)

    def compute_metrics(self, results):
        return dict(count=np.float32(len(results)), line='0.1 0.2', each=[1., 2.])


def test_a_best_checkpoint_has_the_metrics_that_are_numbers(tmp_path, weights):
    config = run_config(tmp_path / 'run', weights=weights, iters=2, val_evaluator=dict(type='Wordy'))
    config.default_hooks.checkpoint.update(save_best='count', rule='greater')
    build_runner(config).train()
    best, = (tmp_path / 'run').glob('best_*.pth')
    assert load(best)['meta']['vpt_mm']['metrics'] == dict(count=2.)


@pytest.mark.parametrize('rate', [1e38, float('nan')])
def test_a_training_that_diverged_is_not_saved(tmp_path, weights, rate):
    config = run_config(tmp_path / 'run', weights=weights)
    config.optim_wrapper.optimizer.lr = rate
    with pytest.raises(UsageError, match='training has diverged: .* in .*tuning.tokens.*lower the learning rate'):
        build_runner(config).train()
    assert not list((tmp_path / 'run').glob('*.pth'))


def test_resuming_by_epoch_ends_as_an_unbroken_run(tmp_path, weights):
    def config(name):
        made = run_config(tmp_path / name, weights=weights, train_cfg=dict(by_epoch=True, max_epochs=3))
        made.train_dataloader.sampler = dict(type='DefaultSampler', shuffle=True)
        made.default_hooks.checkpoint.update(by_epoch=True, interval=1)
        return made

    unbroken = build_runner(config('unbroken'))
    unbroken.train()
    build_runner(config('broken')).train()
    again = resumed(config('broken'), tmp_path / 'broken/epoch_1.pth')
    again.train()
    for key, tensor in learned_state(unbroken.model).items():
        assert torch.equal(again.model.state_dict()[key], tensor), key


def test_old_checkpoints_go_only_after_the_new_one_stands(tmp_path, weights):
    config = run_config(tmp_path / 'run', weights=weights)
    config.default_hooks.checkpoint.update(max_keep_ckpts=1, save_best='accuracy/top1')
    build_runner(config).train()
    assert [path.name for path in (tmp_path / 'run').glob('iter_*.pth')] == ['iter_6.pth']
    assert len(list((tmp_path / 'run').glob('best_*.pth'))) == 1
    assert not list((tmp_path / 'run').glob('.*.pth*'))


def test_it_needs_the_freeze_hook(tmp_path, weights):
    with pytest.raises(UsageError, match='FreezeBackboneHook'):
        build_runner(run_config(tmp_path / 'run', weights=weights, custom_hooks=[])).train()


def test_vit_l_with_ten_prompts_is_a_file_of_one_megabyte(tmp_path):
    from mmengine.registry import MODELS
    with torch.device('meta'):
        model = MODELS.build(dict(type='PromptedViT', arch='large', img_size=512, out_type='featmap',
                                  tuning=dict(type='DeepPrompt', length=10)))
    frozen = set(model.frozen_keys)
    kept = {key: torch.zeros(tensor.shape) for key, tensor in model.state_dict().items() if key not in frozen}
    torch.save(kept, tmp_path / 'task.pth')
    assert list(kept) == ['tuning.tokens']
    assert 0.98e6 < (tmp_path / 'task.pth').stat().st_size < 1.0e6
