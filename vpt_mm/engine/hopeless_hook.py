"""StopHopelessHook: ends a trial that can't become the best one."""
import math
from statistics import fmean

from mmengine.hooks import Hook
from mmengine.registry import HOOKS

from ..errors import UsageError
from ..models.openmmlab import head_of


@HOOKS.register_module()
class StopHopelessHook(Hook):
    """Stops training on a loss that is not finite, or on a mean loss above that of guessing, once ``after`` of the
    epochs have passed.

    Guessing is the loss log(classes) of equal odds for all classes. What was learned so far is evaluated.

    Args:
        after: share of the epochs from which on the loss is compared.
        slack: how many times the loss of guessing may be.

    Raises:
        UsageError: a share outside (0, 1], a slack below 1.
    """

    priority = 'LOW'  # behind the logger, which then has the loss that ended the run

    def __init__(self, after=0.3, slack=1.2):
        if not 0 < after <= 1 or slack < 1:
            raise UsageError(f'StopHopelessHook: after must be in (0, 1] and slack 1 or more, got {after}, {slack}.')
        self.after, self.slack = after, slack
        self.stopped = False
        self.losses = []

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        self.losses.append(float(outputs['loss'].detach()))
        if not math.isfinite(self.losses[-1]):
            self.stop(runner)

    def after_train_epoch(self, runner):
        mean, self.losses = fmean(self.losses), []
        late = runner.epoch + 1 >= self.after * runner.max_epochs
        if late and not mean <= self.slack * math.log(head_of(runner.model).num_classes):
            self.stop(runner)

    def stop(self, runner):
        runner.train_loop.stop_training = True
        self.stopped = True
