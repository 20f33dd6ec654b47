"""KeepStartHook: checkpoints hold what trains as it was before the first step, too."""
from mmengine.hooks import Hook
from mmengine.registry import HOOKS

from ..errors import UsageError
from ..models.frozen import frozen_keys
from ..models.openmmlab import unwrap

START = 'start'  # the entry of a checkpoint


@HOOKS.register_module()
class KeepStartHook(Hook):
    """Keeps all that isn't frozen as it was before the first step, to which `vpt-mm prune` rewinds.

    Raises:
        UsageError: a run is resumed that was begun without this hook.
    """

    def __init__(self):
        self.start = None  # {name: tensor}

    def after_load_checkpoint(self, runner, checkpoint):
        if not runner._resume:
            return
        if START not in checkpoint:
            raise UsageError('this checkpoint does not know where its run started, and nobody can tell now: resume '
                             'without KeepStartHook in custom_hooks, or train from the beginning with it.')
        self.start = checkpoint[START]

    def before_train(self, runner):
        if self.start is None:
            model = unwrap(runner.model)
            frozen = set(frozen_keys(model))
            self.start = {key: tensor.detach().cpu().clone() for key, tensor in model.state_dict().items()
                          if key not in frozen}

    def before_save_checkpoint(self, runner, checkpoint):
        checkpoint[START] = self.start
