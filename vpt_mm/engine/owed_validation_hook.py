"""OwedValidationHook: a validation that a run was killed in is made up for."""
from mmengine.hooks import Hook
from mmengine.runner import EpochBasedTrainLoop


class OwedValidationHook(Hook):
    """Validates before a resumed run goes on, where its checkpoint was written before the validation of that step.

    ``PromptCheckpointHook`` writes a checkpoint again once it is validated, with the metrics.
    """

    priority = 'LOWEST'  # once the other hooks are ready to train

    def __init__(self):
        self.owed = False

    def after_load_checkpoint(self, runner, checkpoint):
        own = (checkpoint.get('meta') or {}).get('vpt_mm') or {}
        self.owed = bool(runner._resume and not own.get('metrics'))

    def before_train(self, runner):
        if self.owed and runner.val_loop is not None and validation_is_due(runner.train_loop):
            runner.logger.info('The validation of this checkpoint was not finished: it is made up for.')
            runner.val_loop.run()
        self.owed = False


def validation_is_due(loop):
    """Whether mmengine's loop would validate behind the step, or epoch, that it is at."""
    loop._decide_current_val_interval()
    if isinstance(loop, EpochBasedTrainLoop):
        done, last = loop.epoch, loop.max_epochs
    else:
        done, last = loop.iter, loop.max_iters
    return done >= max(1, loop.val_begin) and (done % loop.val_interval == 0 or done == last)
