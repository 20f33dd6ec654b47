"""ResumeHook: what a resumed run goes on from, and under which settings."""
import logging

from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.runner import EpochBasedTrainLoop

from ..errors import UsageError
from .settings import JUDGEMENT, SCHEDULE, compare_settings, describe

PARTS = ('meta', 'message_hub')  # of a checkpoint that mmengine's runner can resume


class ResumeHook(Hook):
    """Compares a run that is resumed with its checkpoint, and lets it go on where that makes sense.

    Settings that differ are named; those that made the checkpoint what it is are refused. With another schedule
    (rates, length) the next step has the rate that this schedule has there, and not that of the old one.

    Raises:
        UsageError: settings that are refused, a checkpoint without what resuming needs, one within an epoch, or a
            schedule without a rate for the steps that are left.
    """

    priority = 'VERY_LOW'

    def __init__(self):
        self.resumed = False
        self.rescheduled = False
        self.has_optimizer = True

    def after_load_checkpoint(self, runner, checkpoint):
        self.resumed = bool(runner._resume)
        if not self.resumed:
            return
        if any(not isinstance(checkpoint.get(part), dict) for part in PARTS) or 'iter' not in checkpoint['meta']:
            raise UsageError('this file holds weights, and nothing of a run that could be resumed: to start from '
                             'them, leave out --resume and set --cfg-options load_from=CHECKPOINT.')
        checkpoint['meta'].pop('config', None)  # a text that mmengine would run
        changes = compare_settings(checkpoint['meta'], runner.cfg, explicit=runner._load_from is not None)
        if changes:
            _say(f'The run goes on under other settings than before: {describe(changes)}.')
        if any(JUDGEMENT.match(name) for name in changes):
            _forget_best(checkpoint['message_hub'])
        self.has_optimizer = 'optimizer' in checkpoint
        self.rescheduled = any(SCHEDULE.match(name) for name in changes) or 'param_schedulers' not in checkpoint
        if self.rescheduled and self.has_optimizer:
            _take_over(checkpoint, runner.optim_wrapper)

    def before_train(self, runner):
        if not self.resumed:
            return
        self.resumed = False
        loop = runner.train_loop
        if _is_done(loop):
            _say(f'Nothing is left to train: the checkpoint has {_progress(loop)}. For more, raise train_cfg.')
            return
        if not self.has_optimizer:
            raise UsageError('this checkpoint has no state of the optimizer, so that the run could not go on as it was '
                             '(save_optimizer=False, or a best checkpoint): name one that has, or leave out --resume '
                             'and start from its weights with --cfg-options load_from=CHECKPOINT.')
        if isinstance(loop, EpochBasedTrainLoop) and _within_epoch(loop):
            raise UsageError(f'this checkpoint was written within an epoch, at step {loop.iter}, and a run by epochs '
                             'goes on from the end of one: name such a checkpoint, or start again with '
                             'default_hooks.checkpoint.by_epoch=True.')
        if self.rescheduled:
            _replay(runner.param_schedulers, loop)
        _require_rate(runner)


def _say(text):
    print_log(text, 'current', logging.WARNING)


def _forget_best(hub):
    """Metrics of other images, or other ones, are nothing to compare with."""
    known = hub.get('runtime_info', {})
    for name in [name for name in known if name.startswith(('best_score', 'best_ckpt'))]:
        del known[name]


def _take_over(checkpoint, wrapper):
    """Put the run's own settings into the optimizer's state, at the first step; the schedule is replayed from there."""
    saved = checkpoint['optimizer']
    for group, own in zip(saved['param_groups'], wrapper.optimizer.param_groups):
        group.update({name: value for name, value in own.items() if name != 'params'})
    saved.pop('base_param_settings', None)
    checkpoint.pop('param_schedulers', None)


def _replay(schedulers, loop):
    """Take fresh schedulers of parameters to where the loop is, in the order in which training steps them."""
    schedulers = schedulers or []
    if any(getattr(scheduler, 'need_val_args', False) for scheduler in schedulers):
        raise UsageError('a schedule that follows the metrics of validations goes on as it was: resume with the same '
                         'train_cfg, param_scheduler and optimizer.')
    epoch = len(loop.dataloader) if isinstance(loop, EpochBasedTrainLoop) else loop.iter + 1
    for scheduler in schedulers:
        scheduler.optimizer._global_step = 0  # which else warns that the optimizer has made no step yet
    for step in range(1, loop.iter + 1):
        for scheduler in schedulers:
            if not scheduler.by_epoch or step % epoch == 0:
                scheduler.step()


def _require_rate(runner):
    """Raise UsageError where all schedules have ended, and at a rate of nothing."""
    groups = runner.optim_wrapper.optimizer.param_groups
    ended = all(scheduler.end <= (runner.epoch if scheduler.by_epoch else runner.iter)
                for scheduler in runner.param_schedulers or [])
    if ended and not any(group['lr'] > 1e-9 * group.get('initial_lr', group['lr']) for group in groups):
        raise UsageError(f'the schedule has ended: with {_progress(runner.train_loop)} done, all others would have a '
                         'learning rate of 0. Raise the `end` of param_scheduler as well as train_cfg.')


def _is_done(loop):
    return loop.epoch >= loop.max_epochs if isinstance(loop, EpochBasedTrainLoop) else loop.iter >= loop.max_iters


def _within_epoch(loop):
    lengths = getattr(loop, 'epoch_lengths', None)  # of a loop whose epochs differ
    return loop.iter != sum(lengths[:loop.epoch]) if lengths else loop.iter % len(loop.dataloader)


def _progress(loop):
    return (f'{loop.epoch} of {loop.max_epochs} epochs' if isinstance(loop, EpochBasedTrainLoop)
            else f'{loop.iter} of {loop.max_iters} iterations')
