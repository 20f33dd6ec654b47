"""LwFHook: learning without forgetting."""
import torch
from mmengine.registry import HOOKS

from ..errors import UsageError
from ..models.openmmlab import unwrap
from .retention import RetentionHook, trained


@HOOKS.register_module()
class LwFHook(RetentionHook):
    """Learning without forgetting: outputs for earlier tasks stay what they were (Li and Hoiem 2016, section 3).

    Before each step, the model as it was when the last task ended computes the scores of the step's images. The loss is
    the cross-entropy of softened scores, of each earlier task's classes on their own, summed over tasks, as a mean over
    images. Memory is what trains, and buffers, such as the running statistics of batch norms.

    Args:
        weight: lambda_o.
        temperature: T, by which scores are divided.
    """

    title = 'lwf'

    def __init__(self, *, weight=1., temperature=2.):
        super().__init__(weight=weight)
        if isinstance(temperature, bool) or not isinstance(temperature, (int, float)) or not temperature > 0:
            raise UsageError(f'LwFHook: temperature must be a number above 0, got {temperature!r}.')
        self.temperature = temperature
        self.told: torch.Tensor  # scores of the step's images (B, classes), by the model as it was

    def remember(self, runner, task):
        kept = [*trained(runner.model), *unwrap(runner.model).named_buffers()]
        return {name: tensor.detach().clone() for name, tensor in kept}

    @torch.no_grad()
    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if not self.memory:
            return
        model = unwrap(runner.model)
        inputs = model.data_preprocessor(data_batch, False)['inputs']
        model.eval()
        self.told = torch.func.functional_call(model, self.memory, (inputs,), dict(mode='tensor'))
        model.train()

    def loss(self, runner, scores):
        stream, task = runner.train_loop.stream, runner.epoch // runner.train_loop.epochs
        losses = []
        for labels in dict.fromkeys(stream.labels[:task]):
            told, own = (one[:, list(labels)] / self.temperature for one in (self.told, scores))
            losses.append(-(told.softmax(dim=1) * own.log_softmax(dim=1)).sum(dim=1).mean())
        return sum(losses)
