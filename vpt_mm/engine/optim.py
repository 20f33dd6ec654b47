"""Optimizer wrappers that hold what trains and nothing else, and their constructor."""
from contextlib import contextmanager

import torch
from mmengine.logging import MessageHub
from mmengine.optim import AmpOptimWrapper, OptimWrapper
from mmengine.registry import OPTIM_WRAPPER_CONSTRUCTORS, OPTIM_WRAPPERS, OPTIMIZERS

from ..errors import UsageError
from ..mixin import Mixin
from ..models.frozen import prompted_backbones
from ..models.openmmlab import unwrap
from ..models.tuned import role_of
from ..tuning.losses import collect_losses


def require_gpu(wrapper):
    """Raise UsageError where there is no GPU for an optimizer wrapper of mixed precision."""
    if not torch.cuda.is_available():
        raise UsageError(f'mixed precision (--amp, {wrapper}) needs a GPU and none is available: train without --amp, '
                         "with optim_wrapper type='PromptOptimWrapper'.")


class TakesLosses(Mixin):
    """Of optimizer wrappers: the losses of tuning methods join that of the model, and are logged by their names."""

    losses: dict = {}  # of the latest forward pass

    @contextmanager
    def optim_context(self, model):
        with super().optim_context(model), collect_losses() as self.losses:
            yield

    def update_params(self, loss, *args, **kwargs):
        losses, self.losses = self.losses, {}
        for name, value in losses.items():
            MessageHub.get_current_instance().update_scalar(f'train/{name}', value.detach())
        super().update_params(sum(losses.values(), loss), *args, **kwargs)


class _TrainableOnly(TakesLosses):
    """Mixin: refuses an optimizer that holds a frozen parameter, or none at all.

    Raises:
        UsageError: as above.
    """

    def __init__(self, optimizer, **kwargs):
        parameters = [parameter for group in optimizer.param_groups for parameter in group['params']]
        frozen = sum(not parameter.requires_grad for parameter in parameters)
        if frozen:
            raise UsageError(f'{type(self).__name__} holds trainable parameters only, got {frozen} frozen ones: '
                             "set constructor='PromptOptimWrapperConstructor' in optim_wrapper.")
        if not parameters:
            raise UsageError(f'{type(self).__name__} needs a trainable parameter, got none: the model has neither '
                             'prompts nor a head that trains.')
        super().__init__(optimizer=optimizer, **kwargs)


@OPTIM_WRAPPERS.register_module()
class PromptOptimWrapper(_TrainableOnly, OptimWrapper):
    """mmengine's ``OptimWrapper`` over trainable parameters only."""


@OPTIM_WRAPPERS.register_module()
class AmpPromptOptimWrapper(_TrainableOnly, AmpOptimWrapper):
    """mmengine's ``AmpOptimWrapper`` (mixed precision, on a GPU) over trainable parameters only."""

    def __init__(self, **kwargs):
        require_gpu(type(self).__name__)
        super().__init__(**kwargs)


@OPTIM_WRAPPER_CONSTRUCTORS.register_module()
class PromptOptimWrapperConstructor:
    """Hands trainable parameters to the optimizer, in one group for each setting.

    ``paramwise_cfg`` may hold ``prompt_lr_mult``, ``prompt_decay_mult`` (all that a tuning method trains in
    the backbone), ``head_lr_mult``, ``head_decay_mult`` (everything else), and mmengine's ``custom_keys``,
    of which the longest that occurs in a parameter's name wins over the former.

    Raises:
        UsageError: another key in ``paramwise_cfg``, or a multiplier without the value that it multiplies.
    """

    multipliers = ('prompt_lr_mult', 'prompt_decay_mult', 'head_lr_mult', 'head_decay_mult')

    def __init__(self, optim_wrapper_cfg, paramwise_cfg=None):
        self.wrapper_cfg = dict(optim_wrapper_cfg)
        self.optimizer_cfg = dict(self.wrapper_cfg.pop('optimizer'))
        self.paramwise = dict(paramwise_cfg or {})
        unknown = set(self.paramwise) - {*self.multipliers, 'custom_keys'}
        if unknown:
            raise UsageError(f"paramwise_cfg takes {', '.join(self.multipliers)} and custom_keys, got "
                             f"{', '.join(sorted(unknown))}.")

    def __call__(self, model):
        model = unwrap(model)
        backbones = prompted_backbones(model)
        groups = {}
        for name, parameter in model.named_parameters():
            if parameter.requires_grad:
                settings = self.settings(name, 'head' if role_of(name, backbones) == 'head' else 'prompt')
                groups.setdefault(tuple(settings.items()), []).append(parameter)
        params = [dict(params=parameters, **dict(settings)) for settings, parameters in groups.items()]
        if not params:
            raise UsageError('there is nothing to optimize: the model has neither prompts nor a head that trains.')
        optimizer = OPTIMIZERS.build(dict(params=params, **self.optimizer_cfg))
        return OPTIM_WRAPPERS.build({'type': 'PromptOptimWrapper', **self.wrapper_cfg, 'optimizer': optimizer})

    def settings(self, name, role):
        """The group settings of one parameter: {'lr': ..., 'weight_decay': ...}, as far as they differ."""
        chosen = dict(lr_mult=self.paramwise.get(f'{role}_lr_mult', 1),
                      decay_mult=self.paramwise.get(f'{role}_decay_mult', 1))
        custom = [key for key in self.paramwise.get('custom_keys', {}) if key in name]
        if custom:
            chosen.update(self.paramwise['custom_keys'][max(custom, key=len)])
        settings = {key: value for key, value in chosen.items() if key not in ('lr_mult', 'decay_mult')}
        for key, multiplier in (('lr', chosen['lr_mult']), ('weight_decay', chosen['decay_mult'])):
            if multiplier != 1:
                if key not in self.optimizer_cfg:
                    raise UsageError(f'a multiplier of {key} needs {key} in the optimizer config, got none.')
                settings[key] = self.optimizer_cfg[key] * multiplier
        return settings
