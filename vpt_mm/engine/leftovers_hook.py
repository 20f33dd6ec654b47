"""LeftoversHook: removes checkpoints that a killed run left behind."""
import re
from pathlib import Path

from mmengine.dist import is_main_process
from mmengine.hooks import Hook

from ..errors import UsageError
from ..weights.files import load_from_disk
from .work_dir import run_of

STEP = re.compile(r'(best_.+_)?(iter|epoch)_(\d+)\.pth')


class LeftoversHook(Hook):
    """Removes, from a run that is resumed, the checkpoints that an unbroken one would not have kept.

    Those are earlier bests, and earlier steps beyond ``max_keep_ckpts``. They go once what is kept stands; files of
    other runs, and of steps that this one has yet to reach, stay.
    """

    priority = 'VERY_LOW'

    def __init__(self):
        self.run = None  # the name of the run, where it was resumed
        self.suspects = []

    def after_load_checkpoint(self, runner, checkpoint):
        self.run = run_of(checkpoint) if runner._resume else None

    def before_train(self, runner):
        if self.run and is_main_process():
            place = Path(runner.message_hub.get_info('last_ckpt', runner.work_dir)).parent
            self.suspects = [file for file in place.glob('*.pth') if STEP.fullmatch(file.name)]
        self.after_saving(runner)

    def after_saving(self, runner):
        kept = _kept_files(runner.message_hub)
        for file in list(self.suspects):
            best, unit, step = STEP.fullmatch(file.name).groups()
            reached = int(step) <= (runner.iter if unit == 'iter' else runner.epoch)
            if reached and kept[bool(best)] and file.name not in kept[bool(best)]:
                self.suspects.remove(file)
                if self._is_ours(file):
                    file.unlink(missing_ok=True)

    after_train = after_saving

    def _is_ours(self, file):
        try:
            return run_of(load_from_disk(str(file))) == self.run
        except UsageError:
            return False


def _kept_files(hub):
    """The names of the steps that are kept, where their number is limited, and of the bests that stand."""
    known = hub.runtime_info
    last = Path(known.get('last_ckpt') or 'iter_0.pth')
    steps = {re.sub(r'\d+', str(step), last.name) for step in known.get('keep_ckpt_ids') or ()}
    bests = [Path(path) for name, path in known.items() if name.startswith('best_ckpt') and path]
    return steps, {path.name for path in bests if path.is_file()}
