"""in_work_dir(): a training in its work dir, from the beginning or from a checkpoint."""
import os
from contextlib import contextmanager
from pathlib import Path

from mmengine.logging import print_log

from ..weights.files import load_from_disk
from .runner import RANKS, fit_to_machine
from .settings import compare_settings
from .work_dir import WorkDir


@contextmanager
def in_work_dir(config, *, resume=None):
    """Context of a training, in which its work dir is held for it.

    Args:
        config: of the run. Where it goes on from a checkpoint, it gets that checkpoint as ``load_from``, and its seed
            where it has none.
        resume: path of a checkpoint to go on from, 'auto' for the newest one of this run, None to begin a run.

    Raises:
        UsageError: another run in the work dir, a checkpoint of other settings, or a work dir that was removed.
    """
    fit_to_machine(config)
    held = WorkDir(config.work_dir, first=os.environ.get(RANKS.get(config.get('launcher'), ''), '0') == '0')
    try:
        if resume is not None:
            _go_on(config, held, resume)
        yield
    except OSError:
        held.require()
        raise
    finally:
        held.release()


def _go_on(config, held, resume):
    checkpoint = held.latest_checkpoint() if resume == 'auto' else resume
    if checkpoint is None:
        others = held.checkpoints()
        print_log(f'There is no checkpoint of this run in {held.path} yet: training starts from the beginning.'
                  + (f' {others[0].name} is of an earlier run; to go on with that one, name it: --resume {others[0]}'
                     if others else ''))
        return
    config.load_from, config.resume = str(checkpoint), True
    if Path(checkpoint).expanduser().is_file():
        meta = load_from_disk(str(checkpoint)).get('meta') or {}
        if (config.get('randomness') or {}).get('seed') is None and meta.get('seed') is not None:
            config.randomness = dict(config.get('randomness') or {}, seed=meta['seed'])
        compare_settings(meta, config, explicit=resume != 'auto')
