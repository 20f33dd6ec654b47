"""EWCHook: elastic weight consolidation."""
import torch
from mmengine.dist import all_reduce
from mmengine.registry import HOOKS

from ..errors import require_counts
from ..models.openmmlab import head_of, unwrap
from .retention import RetentionHook, trained
from .training_images import spread


@HOOKS.register_module()
class EWCHook(RetentionHook):
    """Elastic weight consolidation: what earlier tasks needed moves less (Kirkpatrick et al. 2017, equation 3).

    After each task t, the diagonal F_t of the Fisher information is the mean of the squared gradients of single images'
    losses, and the loss of later tasks has weight / 2 * sum_t sum_i F_t,i * (p_i - p_t,i)^2. Of all t, that is the same
    parabola around the mean of the p_t weighted by the F_t, up to a constant without gradient, so that memory does not
    grow: of each parameter that trains, its sum of F_t and that mean.

    Args:
        weight: lambda; its scale is that of the gradients, and is found by trying.
        images: of a task from which F is estimated, evenly spread over it.
    """

    title = 'ewc'

    def __init__(self, *, weight, images=200):
        super().__init__(weight=weight)
        require_counts(**{'EWCHook: images': images})
        self.images = images

    def loss(self, runner, scores):
        return sum((self.memory[f'fisher.{name}'] * (parameter - self.memory[f'mean.{name}']).square()).sum()
                   for name, parameter in trained(runner.model)) / 2

    def remember(self, runner, task):
        made = {}
        for name, parameter, fisher in self.fisher(runner, task):
            before = self.memory.get(f'fisher.{name}', torch.zeros_like(fisher))
            mean, both = self.memory.get(f'mean.{name}', parameter), before + fisher
            share = torch.where(both > 0, fisher / both.clamp_min(torch.finfo(both.dtype).tiny), 1.)
            made[f'fisher.{name}'], made[f'mean.{name}'] = both, torch.lerp(mean, parameter, share)
        return made

    def fisher(self, runner, task):
        """(name, value, F) of every parameter that trains."""
        loop, model, head = runner.train_loop, unwrap(runner.model), head_of(runner.model)
        names, parameters = zip(*trained(model))
        sums = [torch.zeros_like(parameter) for parameter in parameters]
        chosen = spread(len(loop.stream.parts[task]), self.images)
        memory, self.memory = self.memory, {}  # the task's own loss alone
        model.eval()
        for index in chosen:
            batch = loop.dataloader.collate_fn([loop.stream.parts[task][index]])
            data = model.data_preprocessor(batch, False)
            labels = torch.stack([sample.gt_label for sample in data['data_samples']]).flatten()
            loss = head.loss_module(model(data['inputs'], mode='tensor'), labels)
            for own, gradient in zip(sums, torch.autograd.grad(loss, parameters, allow_unused=True)):
                own += 0 if gradient is None else gradient.square()
        model.train()
        self.memory = memory
        for own in sums:
            all_reduce(own, op='mean')  # processes may have seen other crops
        return [(name, parameter.detach(), own / len(chosen)) for name, parameter, own in zip(names, parameters, sums)]
