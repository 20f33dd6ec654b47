"""Optimizer wrappers that hold what trains and nothing else."""
from contextlib import contextmanager

import torch
from mmengine.logging import MessageHub
from mmengine.optim import AmpOptimWrapper, OptimWrapper
from mmengine.registry import OPTIM_WRAPPERS

from ..errors import UsageError
from ..mixin import Mixin
from ..tuning.losses import collect_losses


def require_gpu(wrapper):
    """Raise UsageError where there is no GPU for an optimizer wrapper of mixed precision."""
    if not torch.cuda.is_available():
        raise UsageError(f'mixed precision (--amp, {wrapper}) needs a GPU and none is available: train without --amp, '
                         "with optim_wrapper type='PromptOptimWrapper'.")


def require_taken(name, wrapper):
    """Raise UsageError where an optimizer wrapper would leave out the losses of what has this name."""
    if not isinstance(wrapper, TakesLosses):
        raise UsageError(f'{name} has losses of its own, which {type(wrapper).__name__} would leave out: set '
                         "type='PromptOptimWrapper' in optim_wrapper.")


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

    def initialize_count_status(self, model, init_counts, max_counts):
        """As mmengine's, which warns of gradients that a resumed run has lost; :class:`GradientsHook` restores them."""
        super().initialize_count_status(model, 0, max_counts)
        self._inner_count = init_counts


@OPTIM_WRAPPERS.register_module()
class PromptOptimWrapper(_TrainableOnly, OptimWrapper):
    """mmengine's ``OptimWrapper`` over trainable parameters only."""


@OPTIM_WRAPPERS.register_module()
class AmpPromptOptimWrapper(_TrainableOnly, AmpOptimWrapper):
    """mmengine's ``AmpOptimWrapper`` (mixed precision, on a GPU) over trainable parameters only."""

    def __init__(self, **kwargs):
        require_gpu(type(self).__name__)
        super().__init__(**kwargs)
