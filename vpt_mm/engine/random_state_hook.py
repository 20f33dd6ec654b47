"""RandomStateHook: a resumed run draws the random numbers of an uninterrupted one."""
import logging
import random

import numpy as np
import torch
from mmengine.dist import all_gather_object, get_rank, get_world_size
from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmengine.runner import IterBasedTrainLoop


class RandomStateHook(Hook):
    """Keeps the state of the random generators: over a validation, and in checkpoints for a run that is resumed.

    A checkpoint has the states of all processes; a run of another number of processes draws other numbers.
    """

    priority = 'VERY_LOW'

    def __init__(self):
        self.training = None  # training's state, while a validation runs
        self.gathered = None  # those of all processes, for the checkpoint that is about to be written
        self.resumed = None  # a checkpoint's, until training takes it up

    def before_val(self, runner):
        self.training = self.resumed or random_state()  # a resumed run may validate before it trains

    def after_val(self, runner):
        set_random_state(self.training)
        self.training = None

    def before_saving(self, runner):
        self.gathered = all_gather_object(self.training or random_state())

    def before_save_checkpoint(self, runner, checkpoint):
        checkpoint['random_states'] = self.gathered

    def after_load_checkpoint(self, runner, checkpoint):
        if not runner._resume:
            return
        states = checkpoint.get('random_states') or ()
        if len(states) == get_world_size():
            self.resumed = states[get_rank()]
        else:
            print_log(f'The checkpoint is of {len(states)} processes, and {get_world_size()} go on: with other random '
                      'numbers, and as many images a step as that gives.', 'current', logging.WARNING)

    def before_train_epoch(self, runner):
        if self.resumed is None:
            return
        if isinstance(runner.train_loop, IterBasedTrainLoop):
            runner.train_loop.dataloader_iterator = Replayed(runner.train_loop, self.resumed)
        else:
            set_random_state(self.resumed)
        self.resumed = None


class Replayed:
    """Stands for mmengine's endless iterator of a loop, which replays the data of the steps before a resumed one.

    Then it sets the random state, before it draws a batch, and steps aside.
    """

    def __init__(self, loop, state):
        self.loop, self.batches, self.state, self.left = loop, loop.dataloader_iterator, state, loop.iter

    def __iter__(self):
        return self

    def __next__(self):
        if self.left == 0:
            set_random_state(self.state)
            self.loop.dataloader_iterator = self.batches
        self.left -= 1
        return next(self.batches)


def random_state():
    """The state of all generators that a run draws from, as plain values and tensors."""
    kind, keys, *rest = np.random.get_state()  # noqa: NPY002  (the generator that transforms draw from)
    cuda = torch.cuda.get_rng_state() if torch.cuda.is_available() else None
    return dict(cpu=torch.get_rng_state(), cuda=cuda, python=random.getstate(),
                numpy=(kind, np.asarray(keys).tolist(), *rest))


def set_random_state(state):
    """Go on from a :func:`random_state`."""
    torch.set_rng_state(state['cpu'].cpu())
    if state['cuda'] is not None and torch.cuda.is_available():
        torch.cuda.set_rng_state(state['cuda'].cpu())
    random.setstate(state['python'])
    np.random.set_state(state['numpy'])  # noqa: NPY002  (as above)
