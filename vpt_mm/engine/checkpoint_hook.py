"""PromptCheckpointHook: checkpoints of what trained, without the frozen weights."""
import random
from contextlib import contextmanager
from numbers import Real

import numpy as np
import torch
from mmengine.dist import all_gather_object, get_rank, get_world_size
from mmengine.hooks import CheckpointHook
from mmengine.registry import HOOKS

from ..errors import UsageError, some
from ..models.frozen import base_names, sourced_keys
from ..models.openmmlab import unwrap
from ..version import __version__
from .freeze_hook import FreezeBackboneHook


@HOOKS.register_module()
class PromptCheckpointHook(CheckpointHook):
    """mmengine's ``CheckpointHook``, for checkpoints that hold what trained and a fingerprint of the rest.

    Frozen weights that no ``init_cfg`` can bring again are kept in the file. The state of the random
    generators of every process is saved with it and restored with the next training step, so that a resumed
    run, on as many processes, ends as an unbroken one. ``FreezeBackboneHook`` does the other direction, on loading.

    Args:
        kwargs: all arguments of mmengine's ``CheckpointHook``.

    Raises:
        UsageError: no ``FreezeBackboneHook`` in the run, a place that can't be written, or a training that diverged.
    """

    def __init__(self, **kwargs):
        if '://' not in str(kwargs.get('out_dir')):
            kwargs.setdefault('backend_args', dict(backend='whole_file'))
        super().__init__(**kwargs)
        self.random_state = None  # training's, while a validation runs
        self.metrics = {}  # those of the validation that a checkpoint is written after
        self.random_states = None  # those of all processes, while a checkpoint is written
        self.resumed_state = None  # a checkpoint's, until training takes it up

    def before_train(self, runner):
        if not any(isinstance(hook, FreezeBackboneHook) for hook in runner.hooks):
            raise UsageError('PromptCheckpointHook leaves out the frozen weights, which FreezeBackboneHook brings '
                             "back: add dict(type='FreezeBackboneHook') to custom_hooks.")
        super().before_train(runner)

    def before_train_epoch(self, runner):
        if self.resumed_state is not None and self.by_epoch:
            _set_random_state(self.resumed_state)
            self.resumed_state = None

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if self.resumed_state is not None:
            # mmengine has replayed the data so far, and with it Python's and numpy's generators.
            _set_torch_state(self.resumed_state)
            self.resumed_state = None

    def before_val(self, runner):
        self.random_state = _random_state()

    def after_val(self, runner):
        _set_random_state(self.random_state)
        self.random_state = None

    def before_save_checkpoint(self, runner, checkpoint):
        brought_again = sourced_keys(runner.model)
        for name, prefix in (('state_dict', ''), ('ema_state_dict', 'module.')):
            if name in checkpoint:
                checkpoint[name] = {key: tensor for key, tensor in checkpoint[name].items()
                                    if key.removeprefix(prefix) not in brought_again}
        checkpoint['random_states'] = self.random_states or [self.random_state or _random_state()]
        checkpoint['meta']['vpt_mm'] = dict(version=__version__, base=base_names(runner.model), metrics=self.metrics,
                                            frozen_weights=runner.message_hub.get_info('frozen_weights'))

    def after_load_checkpoint(self, runner, checkpoint):
        states = checkpoint.get('random_states') or ()
        if runner._resume and len(states) == get_world_size():
            self.resumed_state = states[get_rank()]

    def _save_checkpoint_with_step(self, runner, step, meta):
        with self._saving(runner):
            super()._save_checkpoint_with_step(runner, step, meta)

    def _save_best_checkpoint(self, runner, metrics):
        with self._saving(runner, metrics):
            super()._save_best_checkpoint(runner, metrics)

    @contextmanager
    def _saving(self, runner, metrics=()):
        """In all processes, of which only the first writes; ``metrics`` of a validation that has just ended."""
        broken = [name for name, parameter in unwrap(runner.model).named_parameters()
                  if parameter.requires_grad and not torch.isfinite(parameter).all()]
        if broken:
            raise UsageError(f'training has diverged: there are NaN or infinite values in {some(broken)}. No '
                             'checkpoint is written of them; lower the learning rate (optim_wrapper.optimizer.lr).')
        self.random_states = all_gather_object(self.random_state or _random_state())
        self.metrics = {name: float(value) for name, value in dict(metrics).items() if isinstance(value, Real)}
        yield
        self.random_states, self.metrics = None, {}
        self._remove_retired()

    def _remove_retired(self):
        if hasattr(self.file_backend, 'remove_retired'):
            self.file_backend.remove_retired()


def _random_state():
    kind, keys, *rest = np.random.get_state()  # noqa: NPY002  (the generator that transforms draw from)
    cuda = torch.cuda.get_rng_state() if torch.cuda.is_available() else None
    return dict(cpu=torch.get_rng_state(), cuda=cuda, python=random.getstate(),
                numpy=(kind, np.asarray(keys).tolist(), *rest))


def _set_random_state(state):
    _set_torch_state(state)
    random.setstate(state['python'])
    np.random.set_state(state['numpy'])  # noqa: NPY002  (as above)


def _set_torch_state(state):
    torch.set_rng_state(state['cpu'].cpu())
    if state['cuda'] is not None and torch.cuda.is_available():
        torch.cuda.set_rng_state(state['cuda'].cpu())
