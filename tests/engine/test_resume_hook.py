"""ResumeHook: what a run goes on from, and under which rates."""
import copy

import pytest
import torch
from mmengine.hooks import Hook
from mmengine.registry import HOOKS

from tests.runs import build_runner, changed, run_config, save_weights
from vpt_mm.errors import UsageError

LONGER = dict(train_cfg__max_iters=8, param_scheduler__1__end=8)
SMALLER = dict(optim_wrapper__optimizer__lr=0.1)


@HOOKS.register_module()
class NotesHook(Hook):
    """Notes the rate of each step, and the optimizer's state before the first one."""

    rates, states = {}, []

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        self.rates[runner.iter] = runner.optim_wrapper.param_groups[0]['lr']

    def before_train_epoch(self, runner):
        self.states.append(copy.deepcopy(runner.optim_wrapper.optimizer.state_dict()['state']))


@pytest.fixture
def config(tmp_path):
    """Four iterations, two of them warm-up, in groups of two rates; checkpoints after two and four."""
    config = run_config(tmp_path / 'run', weights=save_weights(tmp_path / 'base.pth'), iters=4, log_level='WARNING',
                        hooks=[dict(type='NotesHook')])
    config.optim_wrapper.paramwise_cfg = dict(prompt_lr_mult=0.5)
    config.param_scheduler = [dict(type='LinearLR', start_factor=0.5, end=2, by_epoch=False),
                              dict(type='PolyLR', power=0.9, begin=2, end=4, by_epoch=False)]
    return config


def train(config, *, resume=None, **entries):
    """The rates of the steps that are made."""
    NotesHook.rates.clear()
    NotesHook.states.clear()
    config = changed(config, **entries)
    if resume:
        config.resume, config.load_from = True, f'{config.work_dir}/{resume}'
    build_runner(config).train()
    return dict(NotesHook.rates)


def by_epochs(config, **entries):
    """The same by epochs of two steps, with a checkpoint after each."""
    config = changed(config, train_dataloader__sampler__type='DefaultSampler', **entries)
    config.train_cfg = dict(by_epoch=True, max_epochs=2)
    config.default_hooks.checkpoint.interval = 1
    return config


@pytest.mark.parametrize('entries, start', [(LONGER, 4), (SMALLER, 2), ({**LONGER, **SMALLER}, 2)])
def test_the_steps_have_the_rates_of_the_new_schedule(config, entries, start):
    train(config)
    resumed = train(config, resume=f'iter_{start}.pth', **entries)
    whole = train(config, work_dir=config.work_dir + '_whole', **entries)
    assert resumed == {step: rate for step, rate in whole.items() if step >= start}
    assert resumed[start] > 0


def test_the_rates_of_a_schedule_by_epochs(config):
    config = by_epochs(config, default_hooks__checkpoint__by_epoch=True, param_scheduler=[
        dict(type='LinearLR', start_factor=0.5, end=3, by_epoch=False),
        dict(type='MultiStepLR', milestones=[1, 3], by_epoch=True)])
    train(config)
    longer = dict(train_cfg__max_epochs=4, param_scheduler__1__milestones=[2])
    resumed = train(config, resume='epoch_1.pth', **longer)
    whole = train(config, work_dir=config.work_dir + '_whole', **longer)
    assert resumed == {step: rate for step, rate in whole.items() if step >= 2} and len(set(resumed.values())) > 1


def test_the_state_of_the_optimizer_stays_under_another_rate(config):
    train(config)
    saved = torch.load(f'{config.work_dir}/iter_2.pth', weights_only=True)['optimizer']['state']
    train(config, resume='iter_2.pth', **SMALLER)
    for index, entries in saved.items():
        assert torch.equal(NotesHook.states[0][index]['momentum_buffer'], entries['momentum_buffer'])


def test_what_differs_is_said(config, capfd):
    train(config)
    train(config, resume='iter_2.pth', **SMALLER)
    assert 'optim_wrapper.optimizer.lr was 0.5 and is 0.1 now' in capfd.readouterr().out


def test_nothing_left_is_said(config, capfd):
    train(config)
    assert train(config, resume='iter_4.pth') == {}
    assert 'Nothing is left to train: the checkpoint has 4 of 4 iterations' in capfd.readouterr().out


def test_a_schedule_that_has_ended_is_refused(config):
    train(config)
    with pytest.raises(UsageError, match='with 4 of 8 iterations done, all others would have a learning rate of 0'):
        train(config, resume='iter_4.pth', train_cfg__max_iters=8)


def test_a_checkpoint_without_an_optimizer_is_refused_where_steps_are_left(config):
    config = changed(config, default_hooks__checkpoint__save_optimizer=False)
    train(config)
    assert train(config, resume='iter_4.pth') == {}
    with pytest.raises(UsageError, match='has no state of the optimizer'):
        train(config, resume='iter_2.pth')


def test_weights_alone_are_refused(config):
    train(config)
    saved = torch.load(f'{config.work_dir}/iter_2.pth', weights_only=True)
    torch.save(dict(state_dict=saved['state_dict'], meta=dict(vpt_mm=saved['meta']['vpt_mm'])),
               f'{config.work_dir}/weights.pth')
    with pytest.raises(UsageError, match='holds weights, and nothing of a run that could be resumed'):
        train(config, resume='weights.pth')


def test_a_checkpoint_within_an_epoch_is_refused(config):
    config = by_epochs(config, param_scheduler=None)
    train(config)
    with pytest.raises(UsageError, match='written within an epoch, at step 1'):
        train(config, resume='iter_1.pth')


@pytest.mark.parametrize('entries, forgotten', [({}, False), (dict(val_dataloader__dataset__count=4), True)])
def test_a_best_of_other_images_is_nothing_to_compare_with(config, entries, forgotten):
    config.default_hooks.checkpoint.update(save_best='accuracy/top1')
    train(config)
    file = f'{config.work_dir}/iter_2.pth'
    saved = torch.load(file, weights_only=True)
    saved['message_hub']['runtime_info']['best_score'] = 1e6  # which no validation reaches
    torch.save(saved, file)
    train(config, resume='iter_2.pth', **entries)
    hub = torch.load(f'{config.work_dir}/iter_4.pth', weights_only=True)['message_hub']['runtime_info']
    assert (hub['best_score'] < 1e6) == forgotten


def test_no_text_of_a_checkpoint_is_run(config, tmp_path):
    train(config)
    file = f'{config.work_dir}/iter_2.pth'
    saved = torch.load(file, weights_only=True)
    saved['meta']['config'] = f'open({str(tmp_path / "ran")!r}, "w")'
    torch.save(saved, file)
    train(config, resume='iter_2.pth')
    assert not (tmp_path / 'ran').exists()
