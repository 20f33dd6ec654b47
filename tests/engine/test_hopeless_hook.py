"""StopHopelessHook: which runs it ends."""
import math

import pytest
import torch
from mmengine.config import Config
from mmpretrain.models import LinearClsHead

from tests.benchmarks import write_sweep
from vpt_mm.engine.hopeless_hook import StopHopelessHook
from vpt_mm.errors import UsageError
from vpt_mm.sweep import read_plan
from vpt_mm.sweep.execute import execute
from vpt_mm.sweep.runs import cells_of


@pytest.mark.parametrize('rates, aborted', [((0.1, 0.2), False), ((1e9, 2e9), True)])
def test_a_trial_that_is_worse_than_guessing_ends(tmp_path, rates, aborted):
    plan = read_plan(write_sweep(tmp_path, rates=rates, epochs=6, abort=True))
    trial = cells_of(plan)[0].trials[0]
    outcome = execute(trial.config, work_dir=tmp_path / 'run')
    assert outcome['aborted'] == aborted and 0 <= outcome['metrics']['accuracy/top1'] <= 100
    log = next((tmp_path / 'run').rglob('*.log')).read_text()
    assert ('Epoch(train) [6]' in log) != aborted


def test_a_loss_that_is_not_finite_ends_a_run_in_its_first_epoch():
    class Runner:
        train_loop = Config()

    hook, runner = StopHopelessHook(), Runner()
    hook.after_train_iter(runner, 0, outputs=dict(loss=torch.tensor(1.)))
    assert not hook.stopped
    hook.after_train_iter(runner, 1, outputs=dict(loss=torch.tensor(float('nan'))))
    assert hook.stopped and runner.train_loop.stop_training


def test_guessing_is_told_by_the_head_of_a_model_that_is_wrapped():
    class Runner:
        train_loop, epoch, max_epochs = Config(), 1, 2
        model = torch.nn.DataParallel(torch.nn.Module())

    Runner.model.module.head = LinearClsHead(num_classes=4, in_channels=2)
    for loss, stops in ((1.1 * math.log(4), False), (1.3 * math.log(4), True)):
        hook = StopHopelessHook()
        hook.after_train_iter(Runner, 0, outputs=dict(loss=torch.tensor(loss)))
        hook.after_train_epoch(Runner)
        assert hook.stopped == stops


def test_settings_out_of_range_are_refused():
    with pytest.raises(UsageError, match=r'after must be in \(0, 1\] and slack 1 or more, got 0, 1.2'):
        StopHopelessHook(after=0)
