"""RetentionHook: what baselines of continual learning remember of a task when it is over, and add to the loss."""
import torch
from mmengine.hooks import Hook

from ..errors import UsageError
from ..models.openmmlab import head_of, unwrap
from ..tuning.choice import check_weight
from ..tuning.losses import report_losses
from ..tuning.task_bank import TaskByTask
from .continual import ContinualLoop
from .optim import require_taken


class RetentionHook(Hook):
    """Base of hooks that add a loss in every task but the first, made of what they remember of those before.

    What they remember is in checkpoints, so that a run goes on as one that was not stopped.

    Attributes:
        memory: {name: tensor}; empty in the first task.

    Args:
        weight: of the loss.

    Raises:
        UsageError: a weight below 0, a loop that is not ContinualLoop, a tuning method that begins anew with each
            task, or an optimizer wrapper that takes no losses from inside a model, as PromptOptimWrapper does.
    """

    title = ''  # of the loss in the log, and of the memory in a checkpoint
    priority = 'HIGH'  # before what writes a checkpoint

    def __init__(self, *, weight):
        self.weight, self.memory = check_weight(f'{type(self).__name__}: weight', weight), {}

    def remember(self, runner, task):
        """What there is to remember where ``task`` is over, {name: tensor}."""
        raise NotImplementedError

    def loss(self, runner, scores):
        """The loss of a batch with these scores (B, classes), a scalar."""
        raise NotImplementedError

    def before_train(self, runner):
        if not isinstance(runner.train_loop, ContinualLoop):
            raise UsageError(f"{type(self).__name__} remembers tasks that are over: set type='ContinualLoop' in "
                             'train_cfg, or remove it.')
        fresh = [type(module).__name__ for module in unwrap(runner.model).modules() if isinstance(module, TaskByTask)]
        if fresh:
            raise UsageError(f'{type(self).__name__} holds on to parameters that all tasks share, and {fresh[0]} has '
                             'new ones for each task: remove the hook, or take another method.')
        require_taken(type(self).__name__, runner.optim_wrapper)
        device = next(runner.model.parameters()).device
        self.memory = {name: tensor.to(device) for name, tensor in self.memory.items()}
        head_of(runner.model).loss_module.register_forward_pre_hook(
            lambda module, given: self.add(runner, given[0]) if torch.is_grad_enabled() and self.memory else None)

    def add(self, runner, scores):
        report_losses({f'loss_{self.title}': self.weight * self.loss(runner, scores)})

    def after_train_epoch(self, runner):
        task, left = divmod(runner.epoch + 1, runner.train_loop.epochs)
        if not left:
            self.memory = self.remember(runner, task - 1)

    def before_save_checkpoint(self, runner, checkpoint):
        checkpoint[self.title] = {name: tensor.cpu() for name, tensor in self.memory.items()}

    def after_load_checkpoint(self, runner, checkpoint):
        self.memory = checkpoint.get(self.title, {}) if runner._resume else {}


def trained(model):
    """(name, parameter) of all that trains."""
    return [(name, parameter) for name, parameter in unwrap(model).named_parameters() if parameter.requires_grad]
