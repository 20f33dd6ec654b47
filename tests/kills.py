"""Trainings of a digit config in processes of their own, which SIGKILL themselves at a chosen moment."""
import os
import signal
import time
from argparse import Namespace
from pathlib import Path

import torch
from mmengine.runner import IterBasedTrainLoop, ValLoop

from tests.runs import forget_runs
from vpt_mm import files
from vpt_mm.cli import train as command
from vpt_mm.engine import PromptCheckpointHook, WholeFileBackend

CONFIG = Path(__file__).parents[1] / 'configs/digits/setr_digits_deep.py'
OPTIONS = {  # 12 steps of two images, three validations, two checkpoints kept, and random numbers at every step
    'train_cfg.max_iters': 12, 'train_cfg.val_interval': 4, 'train_dataloader.batch_size': 2,
    'val_dataloader.batch_size': 2, 'optim_wrapper.optimizer.lr': 0.05, 'param_scheduler.0.end': 1,
    'param_scheduler.0.start_factor': 0.99, 'param_scheduler.1.begin': 1, 'param_scheduler.1.end': 12,
    'model.backbone.tuning.length': 4, 'model.backbone.tuning.dropout': 0.1, 'log_level': 'ERROR',
    'default_hooks.checkpoint.interval': 4, 'default_hooks.checkpoint.save_optimizer': True,
    'default_hooks.checkpoint.max_keep_ckpts': 1, 'default_hooks.checkpoint.save_best': 'aAcc',
    'default_hooks.checkpoint.rule': 'greater', 'train_dataloader.dataset.pipeline.2.type': 'PhotoMetricDistortion',
    'train_dataloader.dataset.pipeline.3.type': 'PackSegInputs'}
# Where runs are killed, and how many of these moments there are in one.
MOMENTS = dict(step=12, validation=3, validated=3, best=3, written=7, half_written=7, removing=9)


def train(work_dir, scenes, *, moment=None, number=1, after=None, resume=None, log=os.devnull, **options):
    """One run; returns its exit code, -9 where it was killed.

    Args:
        scenes: folder of the data.
        moment: a key of :data:`MOMENTS` to be killed at, the time that is ``number``.
        after: seconds after which to be killed.
        resume: as of tools/train.py.
        log: file for what the process says.
        options: of the config, with ``__`` for dots.
    """
    child = os.fork()
    if child == 0:
        code = 1
        try:
            output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(output, 1), os.dup2(output, 2)
            _plan(moment, number)
            options = {**OPTIONS, **{name.replace('__', '.'): value for name, value in options.items()},
                       **{f'{phase}_dataloader.dataset.data_root': str(scenes) for phase in ('train', 'val', 'test')}}
            forget_runs()
            command.run(Namespace(config=str(CONFIG), work_dir=str(work_dir), cfg_options=options, launcher='none',
                                   local_rank=0, amp=False, no_validate=False, cache_queries=False, no_picture=True,
                                   resume=resume))
            code = 0
        except BaseException as error:
            os.write(2, f'{type(error).__name__}: {error}\n'.encode())
        finally:
            os._exit(code)
    if after is not None:
        time.sleep(after)
        os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _plan(moment, number):
    """Let this process kill itself at a moment."""
    left = [number]

    def pass_by(name):
        if name and name == moment:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def around(owner, name, *, before=None, after=None):
        original = getattr(owner, name)

        def wrapped(*args, **kwargs):
            pass_by(before)
            result = original(*args, **kwargs)
            pass_by(after)
            return result

        setattr(owner, name, wrapped)

    around(IterBasedTrainLoop, 'run_iter', before='step')
    around(ValLoop, 'run', before='validation')
    around(PromptCheckpointHook, 'after_val_epoch', before='validated')
    around(PromptCheckpointHook, '_save_best_checkpoint', after='best')
    around(WholeFileBackend, 'put', after='written')
    around(WholeFileBackend, 'remove_retired', before='removing')
    around(files.os, 'fsync', before='half_written')


def outcome(work_dir):
    """All that a run leaves and that does not tell when it ran: {name of a checkpoint: its learned content}."""
    found = {}
    for file in sorted(Path(work_dir).rglob('*.pt*')):
        saved = torch.load(file, weights_only=True)
        parts = {name: saved.get(name) for name in ('state_dict', 'ema_state_dict', 'optimizer', 'random_states')}
        found[file.name] = dict(parts, metrics=saved['meta']['vpt_mm']['metrics'], iter=saved['meta']['iter'],
                                best=saved['message_hub']['runtime_info'].get('best_score'))
    return found


def require_equal(ours, theirs, place=''):
    """Assert that two values of dicts, lists, tensors and plain values are equal, bit for bit."""
    if isinstance(theirs, torch.Tensor):
        assert torch.equal(ours, theirs), place
    elif isinstance(theirs, dict):
        assert ours.keys() == theirs.keys(), place
        for key, value in theirs.items():
            require_equal(ours[key], value, f'{place}/{key}')
    elif isinstance(theirs, (list, tuple)):
        assert len(ours) == len(theirs), place
        for index, (one, other) in enumerate(zip(ours, theirs)):
            require_equal(one, other, f'{place}/{index}')
    else:
        assert ours == theirs, place
