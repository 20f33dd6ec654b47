"""PromptCheckpointHook: checkpoints of what trained, without the frozen weights."""
from contextlib import contextmanager
from numbers import Real
from pathlib import Path

from mmengine.hooks import CheckpointHook
from mmengine.registry import HOOKS

from ..errors import UsageError, some
from ..models.frozen import base_names, sourced_keys
from ..models.openmmlab import unwrap
from ..version import __version__
from ..weights.state import not_finite
from .companions import register_once
from .freeze_hook import FreezeBackboneHook
from .gradients_hook import GradientsHook
from .leftovers_hook import LeftoversHook
from .owed_validation_hook import OwedValidationHook
from .random_state_hook import RandomStateHook
from .resume_hook import ResumeHook
from .work_dir_hook import WorkDirHook


@HOOKS.register_module()
class PromptCheckpointHook(CheckpointHook):
    """mmengine's ``CheckpointHook``, for checkpoints that hold what trained and a fingerprint of the rest.

    Frozen weights that no ``init_cfg`` can restore are kept in the file. A checkpoint is written again once it is
    validated, with the metrics. Hooks that come with this one let a killed run end with the result of an uninterrupted
    one; ``FreezeBackboneHook`` restores the backbone on loading.

    Other hooks may have ``before_saving`` and ``after_saving``, which are called in all processes, of which only the
    first writes.

    Args:
        kwargs: all arguments of mmengine's ``CheckpointHook``.

    Raises:
        UsageError: no ``FreezeBackboneHook`` in the run, a place that can't be written or is no longer there, or a
            training that diverged; and what the other hooks refuse.
    """

    def __init__(self, **kwargs):
        if '://' not in str(kwargs.get('out_dir')):
            kwargs.setdefault('backend_args', dict(backend='whole_file'))
        super().__init__(**kwargs)
        self.metrics = None  # of the validation that has just ended
        self.writes = 0  # of checkpoints of steps

    def add_companions(self, runner):
        register_once(runner, WorkDirHook(), RandomStateHook(), GradientsHook(), ResumeHook(), LeftoversHook(),
                      OwedValidationHook())

    before_run = add_companions

    def before_train(self, runner):
        if not any(isinstance(hook, FreezeBackboneHook) for hook in runner.hooks):
            raise UsageError('PromptCheckpointHook leaves out the frozen weights, which FreezeBackboneHook '
                             "restores: add dict(type='FreezeBackboneHook') to custom_hooks.")
        super().before_train(runner)

    def after_load_checkpoint(self, runner, checkpoint):
        """The files that a resumed run knows of lie in its work dir, wherever that was before."""
        self.add_companions(runner)
        if runner._resume and self.out_dir is None:
            known = (checkpoint.get('message_hub') or {}).get('runtime_info') or {}
            for name in known:
                if name.startswith(('best_ckpt', 'last_ckpt')) and known[name]:
                    known[name] = str(Path(runner.work_dir, Path(known[name]).name))
            self.last_ckpt = known.get('last_ckpt')

    def before_save_checkpoint(self, runner, checkpoint):
        brought_again = sourced_keys(runner.model)
        for name, prefix in (('state_dict', ''), ('ema_state_dict', 'module.')):
            if name in checkpoint:
                checkpoint[name] = {key: tensor for key, tensor in checkpoint[name].items()
                                    if key.removeprefix(prefix) not in brought_again}
        checkpoint['meta']['vpt_mm'] = dict(version=__version__, base=base_names(runner.model), metrics=self.metrics,
                                            frozen_weights=runner.message_hub.get_info('frozen_weights'))

    def after_val_epoch(self, runner, metrics):
        self.metrics = {name: float(value) for name, value in metrics.items() if isinstance(value, Real)}
        writes = self.writes
        super().after_val_epoch(runner, metrics)  # which writes the step again where it is the best one
        step = runner.epoch if self.by_epoch else runner.iter
        if writes == self.writes and Path(self.last_ckpt or '').name == self.filename_tmpl.format(step):
            self._save_checkpoint_with_step(runner, step, dict(epoch=runner.epoch, iter=runner.iter))
        self.metrics = None

    def _save_checkpoint_with_step(self, runner, step, meta):
        with self._saving(runner):
            super()._save_checkpoint_with_step(runner, step, meta)
            self.writes += 1

    def _save_best_checkpoint(self, runner, metrics):
        if not self.save_best:
            return
        with self._saving(runner):
            super()._save_best_checkpoint(runner, metrics)

    @contextmanager
    def _saving(self, runner):
        broken = not_finite({name: parameter for name, parameter in unwrap(runner.model).named_parameters()
                             if parameter.requires_grad})
        if broken:
            raise UsageError(f'training has diverged: there are NaN or infinite values in {some(broken)}. No '
                             'checkpoint is written of them; lower the learning rate (optim_wrapper.optimizer.lr).')
        runner.call_hook('before_saving')
        yield
        if hasattr(self.file_backend, 'remove_retired'):
            self.file_backend.remove_retired()
        runner.call_hook('after_saving')
