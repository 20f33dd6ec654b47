"""RestoreHook: a checkpoint without frozen weights is made whole as it is loaded, or refused."""
import torch
from mmengine.hooks import Hook
from mmengine.runner import BaseLoop

from ..errors import UsageError, some
from ..models.class_texts import texts_in
from ..models.frozen import frozen_keys, frozen_weights, restore_from_source, sourced_keys
from ..models.openmmlab import unwrap
from ..tasks.task_file import require_backbone, require_classes
from ..weights.fingerprint import fingerprint
from ..weights.state import compare_state, not_finite


class RestoreHook(Hook):
    """Restores frozen weights from ``init_cfg``, which must be those that the checkpoint was trained on.

    Training that starts from a checkpoint for other classes (``load_from``) takes its prompts, and new heads; a
    head of words whose vectors all classes share stays as it is. A model is neither tested nor validated unless a
    checkpoint, or ``init_cfg`` where nothing is learned, loaded all that it computes with.

    Raises:
        UsageError: a rule above is broken by the config or the files; numbers that are not finite or of another type
            than the model's.
    """

    priority = 'VERY_HIGH'  # checkpoints must be whole before EMAHook looks at them

    def __init__(self):
        self.unfit = None  # the model's keys that the checkpoint did not hold, once one was loaded

    def before_train(self, runner):
        self.unfit = []

    def before_test(self, runner):
        if self.unfit is None:
            self._restore_untaught(unwrap(runner.model))
        self.require_whole()

    def before_val(self, runner):
        if runner._train_loop is None or isinstance(runner._train_loop, dict):  # validation alone
            self.require_whole()

    def after_load_checkpoint(self, runner, checkpoint):
        meta = checkpoint.get('meta') or {}
        own = meta.get('vpt_mm') or {}
        if runner._resume and own.get('task'):
            raise UsageError('a task file holds no optimizer to resume with: use load_from without --resume.')
        model, state = runner.model, checkpoint.get('state_dict', checkpoint)
        _require_numbers(state)
        any_names = getattr(texts_in(model), 'takes_any_names', None)  # None: the head knows no names
        if any_names:
            pass  # what it learned is for classes of any names
        elif isinstance(runner._train_loop, BaseLoop) and not runner._resume:
            _renew_heads(runner, meta, state)
        else:
            require_classes(meta, _dataset_classes(runner))
            if any_names is False:
                _require_own_classes(meta, _dataset_classes(runner))
        self._restore(model, state, checkpoint.get('ema_state_dict'))
        self.unfit = _unfit_keys(unwrap(model), state)
        if own.get('frozen_weights') is not None:
            require_backbone(meta, fingerprint({key: state[key] for key in frozen_weights(model) if key in state}))
            self.require_whole()

    def _restore(self, model, state, averages):
        """Add the frozen weights to the state dict, and to that of an average of the weights."""
        absent = [key for key in frozen_keys(model) if key not in state]
        if not absent:
            return
        restore_from_source(model)
        current, held = unwrap(model).state_dict(), sourced_keys(model)
        restored = {key: current[key] for key in absent if key in held}
        _require_numbers(restored)
        state.update(restored)
        if averages is not None:
            averages.update({f'module.{key}': tensor for key, tensor in restored.items()})

    def _restore_untaught(self, model):
        """Where all is frozen and nothing learned, as in zero-shot CLIP, ``init_cfg`` loads the whole model."""
        keys = set(model.state_dict())
        if keys <= set(frozen_keys(model)):
            restore_from_source(model)
            self.unfit = sorted(keys - sourced_keys(model))

    def require_whole(self):
        """Nothing that the model computes with may be left at its random initialisation."""
        if self.unfit is None:
            raise UsageError('testing needs a checkpoint, without which prompts and heads are random: vpt-mm test '
                             'CONFIG CHECKPOINT, or set load_from.')
        if self.unfit:
            raise UsageError(f'the checkpoint does not fit the model: {len(self.unfit)} tensors are missing, or of '
                             f'another shape or type: {some(self.unfit)}. Use the config that it was trained with.')


def _renew_heads(runner, meta, state):
    """Leave the heads as they were initialised where training starts from a checkpoint for other classes."""
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


def _require_own_classes(meta, classes):
    known = (meta.get('dataset_meta') or {}).get('classes')
    if known and classes and list(known) != list(classes):
        raise UsageError(f'this context has vectors of its own for each of the classes {some(known)}, and the data has '
                         f'{some(classes)}: train with classes=None, for vectors that any class shares.')


def _require_numbers(state):
    broken = not_finite({key: tensor for key, tensor in state.items() if isinstance(tensor, torch.Tensor)})
    if broken:
        raise UsageError(f'the checkpoint has NaN or infinite values in {some(broken)}: it is damaged, its training '
                         'diverged, or float16 is too narrow for them (bfloat16 is not). Take an earlier one.')


def _dataset_classes(runner):
    """The classes of the data that the run has built a loop for, or None."""
    for loop in (runner._test_loop, runner._val_loop, runner._train_loop):
        if hasattr(loop, 'dataloader'):
            return (getattr(loop.dataloader.dataset, 'metainfo', None) or {}).get('classes')
    return None


def _unfit_keys(model, state):
    """The model's keys that the state dict does not hold, or not in this shape and type."""
    state = {key.removeprefix('module.'): tensor for key, tensor in state.items()}
    missing, unfit, _ = compare_state(state, model.state_dict(), exact=True)
    return [*missing, *unfit]
