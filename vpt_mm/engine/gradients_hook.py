"""GradientsHook: gradients that were gathered since the last step of the optimizer are in checkpoints."""
from mmengine.dist import all_reduce
from mmengine.hooks import Hook

from ..errors import UsageError
from ..models.openmmlab import unwrap


class GradientsHook(Hook):
    """Saves gradients between two steps of the optimizer (``accumulative_counts``), and gives them back on resuming.

    Several processes hold different ones, of which the mean is saved: the next step would take it, too.
    """

    priority = 'VERY_LOW'

    def __init__(self):
        self.gathered = {}

    def before_saving(self, runner):
        self.gathered = {name: parameter.grad.clone() for name, parameter in unwrap(runner.model).named_parameters()
                         if parameter.requires_grad and parameter.grad is not None}
        for gradient in self.gathered.values():
            all_reduce(gradient, op='mean')

    def before_save_checkpoint(self, runner, checkpoint):
        if self.gathered:
            checkpoint['gradients'] = {name: gradient.cpu() for name, gradient in self.gathered.items()}

    def after_load_checkpoint(self, runner, checkpoint):
        if not runner._resume:
            return
        parameters = dict(unwrap(runner.model).named_parameters())
        for name, gradient in checkpoint.get('gradients', {}).items():
            if name not in parameters or gradient.shape != parameters[name].shape:
                raise UsageError(f'the checkpoint has gradients of {name}, for which the model has no place: resume '
                                 'with the config that it was trained with.')
            parameters[name].grad = gradient.to(parameters[name])
