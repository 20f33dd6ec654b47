"""FreezeBackboneHook: verifies, restores and proves the frozen weights of a run."""
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import BaseLoop

from ..errors import UsageError, some
from ..models.frozen import (
    frozen_keys,
    frozen_weights,
    prompted_backbones,
    require_normalization,
    require_pretrained,
    restore_from_source,
    sourced_keys,
    versions_of,
)
from ..models.openmmlab import is_segmentor, unwrap
from ..models.tuned import tuned_table
from ..tasks.task_file import require_backbone, require_classes
from ..tuning.composed import methods_of
from ..tuning.method import TuningMethod
from ..weights.fingerprint import fingerprint
from ..weights.state import TUNING, compare_state
from .optim import TakesLosses


@HOOKS.register_module()
class FreezeBackboneHook(Hook):
    """Watches over a frozen backbone; the freezing itself is done by the backbone at construction.

    Before the first step: exactly the parameters that the tuning method names train, and every frozen
    tensor holds pretrained values. While training: nothing frozen moved or left eval mode. At the end:
    the frozen weights are bit-identical. On loading a checkpoint without frozen weights: they are
    brought from ``init_cfg``, and must be those that the checkpoint was trained on. Training that starts
    from a checkpoint for other classes (``load_from``) takes its prompts, and new heads.

    Args:
        interval: iterations between the checks while training.
        allow_random_backbone: train on frozen weights that came from no checkpoint.
        allow_other_normalization: train on images that are normalised otherwise than for pretraining.

    Raises:
        UsageError: a rule above is broken by the config or the files.
        RuntimeError: a rule above is broken while training.
    """

    priority = 'VERY_HIGH'  # checkpoints must be whole before EMAHook looks at them

    def __init__(self, interval=50, allow_random_backbone=False, allow_other_normalization=False):
        self.interval = interval
        self.allow_other_normalization = allow_other_normalization
        self.allow_random_backbone = allow_random_backbone
        self.unfit = None  # the model's keys that the checkpoint did not bring, once one was loaded

    def before_run(self, runner):
        backbones = prompted_backbones(runner.model)
        if not backbones:
            raise UsageError('FreezeBackboneHook needs a backbone with a tuning method: set tuning=dict(...) on '
                             'a Prompted backbone, or remove the hook.')
        for backbone in backbones.values():
            backbone.may_be_random = self.allow_random_backbone
            if is_segmentor(runner.model) and not backbone.tuning.dense:
                raise UsageError("this tuning method learns for a classifier's feature, which a segmentor does not "
                                 'read: take another one than SideTuning.')

    def before_train(self, runner):
        self.check_trainable(runner)
        self.check_losses(runner)
        if not self.allow_random_backbone:
            require_pretrained(runner.model)
        if not self.allow_other_normalization:
            require_normalization(runner.model)
        self.fingerprint = fingerprint(frozen_weights(runner.model))
        runner.message_hub.update_info('frozen_weights', self.fingerprint)
        self.versions = versions_of(runner.model)
        self.unfit = []
        runner.logger.info(tuned_table(unwrap(runner.model)))

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        if self.every_n_train_iters(runner, self.interval):
            self.check_untouched(runner)

    def after_train(self, runner):
        self.check_untouched(runner)
        if fingerprint(frozen_weights(runner.model)) != self.fingerprint:
            raise RuntimeError('frozen weights changed during training: something wrote to them past autograd; '
                               'look for hooks that use `.data`.')
        if self.fingerprint:
            runner.logger.info(f'The frozen weights are bit-identical after training: {self.fingerprint[:16]}')

    def after_load_checkpoint(self, runner, checkpoint):
        """Make a checkpoint without frozen weights whole, or refuse it."""
        meta = checkpoint.get('meta') or {}
        if runner._resume and meta.get('vpt_mm', {}).get('task'):
            raise UsageError('a task file holds no optimizer to resume with: use load_from without --resume.')
        model, state = runner.model, _state_dict(checkpoint)
        if isinstance(runner._train_loop, BaseLoop) and not runner._resume:
            self.renew_heads(runner, meta, state)
        else:
            require_classes(meta, _dataset_classes(runner))
        absent = [key for key in frozen_keys(model) if key not in state]
        if absent:
            restore_from_source(model)
            current, held = unwrap(model).state_dict(), sourced_keys(model)
            brought = {key: current[key] for key in absent if key in held}
            state.update(brought)
            if 'ema_state_dict' in checkpoint:
                checkpoint['ema_state_dict'].update({f'module.{key}': tensor for key, tensor in brought.items()})
        self.unfit = _unfit_keys(unwrap(model), state)
        if meta.get('vpt_mm', {}).get('frozen_weights') is not None:
            require_backbone(meta, fingerprint({key: state[key] for key in frozen_weights(model) if key in state}))
            self.check_complete(runner)

    def renew_heads(self, runner, meta, state):
        """Leave the heads as they were initialised where the checkpoint's are for other classes."""
        own = {key: tensor for key, tensor in unwrap(runner.model).state_dict().items()
               if key.partition('.')[0].endswith('head')}
        theirs = {key: tensor for key, tensor in state.items() if key.removeprefix('module.') in own}
        classes, known = _dataset_classes(runner), (meta.get('dataset_meta') or {}).get('classes')
        others = list(classes or known or ()) != list(known or classes or ())
        if theirs and (others or any(tensor.shape != own[key.removeprefix('module.')].shape
                                     for key, tensor in theirs.items())):
            for key in theirs:
                del state[key]
            state.update(own)
            count = f'{len(known)} other' if known else 'other'
            heads = ', '.join(sorted({key.partition('.')[0] for key in own}))
            runner.logger.info(f'The checkpoint is for {count} classes: its prompts are taken, {heads} starts anew.')

    def before_test(self, runner):
        self.check_complete(runner)

    def before_val(self, runner):
        if runner._train_loop is None or isinstance(runner._train_loop, dict):  # validation alone
            self.check_complete(runner)

    def check_trainable(self, runner):
        for prefix, backbone in prompted_backbones(runner.model).items():
            for name, parameter in backbone.named_parameters():
                expected = name in backbone.trained or name.startswith(TUNING) and parameter.requires_grad
                if parameter.requires_grad != expected:
                    raise UsageError(f'{prefix}{name} has requires_grad={parameter.requires_grad}, but the tuning '
                                     f'method says {expected}: freezing is done at construction, undo what '
                                     'changed it since.')

    def check_losses(self, runner):
        """A method's own losses need an optimizer wrapper that adds them to the model's."""
        wrapper = type(runner.optim_wrapper)
        for backbone in prompted_backbones(runner.model).values():
            for method in methods_of(backbone.tuning):
                if type(method).losses is not TuningMethod.losses and not issubclass(wrapper, TakesLosses):
                    raise UsageError(f'{type(method).__name__} has losses of its own, which {wrapper.__name__} would '
                                     "leave out: set type='PromptOptimWrapper' in optim_wrapper.")

    def check_untouched(self, runner):
        for prefix, backbone in prompted_backbones(runner.model).items():
            if backbone.tuning.trains_backbone:
                continue
            awake = [name for child, module in backbone.named_children() if child != 'tuning'
                     for name, part in module.named_modules(prefix=child) if part.training]
            if awake:
                raise RuntimeError(f'frozen modules must stay in eval mode, {prefix}{awake[0]} is in train mode.')
        moved = [key for key, version in versions_of(runner.model).items() if version != self.versions[key]]
        if moved:
            raise RuntimeError(f'frozen weights must not move, but {moved[0]} was written to during training.')

    def check_complete(self, runner):
        """Nothing that the model computes with may be left at its random initialisation."""
        if self.unfit is None:
            raise UsageError('testing needs a checkpoint: set load_from; without one prompts and heads are random.')
        if self.unfit:
            raise UsageError(f'the checkpoint does not fit the model: {len(self.unfit)} tensors are missing or of '
                             f'another shape: {some(self.unfit)}. Use the config that it was trained with.')


def _dataset_classes(runner):
    """The classes of the data that the run has built a loop for, or None."""
    for loop in (runner._test_loop, runner._val_loop, runner._train_loop):
        if hasattr(loop, 'dataloader'):
            return (getattr(loop.dataloader.dataset, 'metainfo', None) or {}).get('classes')
    return None


def _state_dict(checkpoint):
    return checkpoint.get('state_dict', checkpoint)


def _unfit_keys(model, state):
    """The model's keys that the state dict does not hold, or not in this shape."""
    state = {key.removeprefix('module.'): tensor for key, tensor in state.items()}
    missing, unfit, _ = compare_state(state, model.state_dict())
    return [*missing, *unfit]
