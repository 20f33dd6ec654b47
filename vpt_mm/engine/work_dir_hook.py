"""WorkDirHook: one run at a time writes to a work dir, and its checkpoints say which."""
from mmengine.dist import is_main_process
from mmengine.hooks import Hook

from ..errors import UsageError
from .work_dir import WorkDir, run_of


class WorkDirHook(Hook):
    """Holds the :class:`WorkDir` while training, and writes the name of the run into its checkpoints.

    Raises:
        UsageError: another run is using the folder, mmengine has taken the checkpoint of an earlier run in it, or
            somebody has removed it.
    """

    priority = 'VERY_LOW'

    def __init__(self):
        self.held = None
        self.resumed = None  # the name of the run that this one goes on with

    def after_load_checkpoint(self, runner, checkpoint):
        self.resumed = run_of(checkpoint) if runner._resume else None

    def before_train(self, runner):
        if not is_main_process():
            return
        self.held = WorkDir(runner.work_dir)
        if self.resumed and runner._load_from is None and self.resumed != self.held.run:
            raise UsageError(f'the newest checkpoint in {runner.work_dir} is of an earlier run, and the last one has '
                             'left none: start from the beginning, or name the checkpoint to go on from.')
        others = [] if self.resumed else [file.name for file in self.held.path.glob('*.pth')]
        if others:
            runner.logger.warning(f'{runner.work_dir} has files of an earlier run, which stay where this one writes '
                                  f'none of the same name: {", ".join(sorted(others))}.')
        self.held.begin(self.resumed)

    def before_saving(self, runner):
        if self.held is not None:
            self.held.require()

    def before_save_checkpoint(self, runner, checkpoint):
        checkpoint['meta']['vpt_mm']['run'] = self.held.run

    def after_train(self, runner):
        if self.held is not None:
            self.held.release()
