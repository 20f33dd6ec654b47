"""What training and testing share: from the options to the config and its runner."""
import os
from contextlib import contextmanager
from pathlib import Path

from ..config_file import MODEL, merge_options, read_config_file
from ..engine.preflight import check_config, check_names
from ..engine.runner import RANKS, build_runner, end_workers
from ..errors import UsageError


def load_config(args):
    """Read the config file and apply the options of ``add_run_options``."""
    if args.launcher in RANKS and RANKS[args.launcher] not in os.environ:
        raise UsageError(f'--launcher {args.launcher} is for processes that it starts, and {RANKS[args.launcher]} is '
                         'not set: use tools/dist_train.sh or tools/slurm_train.sh, or leave out --launcher.')
    if args.launcher != 'none':  # others, such as accelerate, would take this process for one of several
        os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    config = read_config_file(args.config, needs=MODEL)
    config.launcher = args.launcher
    if args.cfg_options:
        check_names(args.cfg_options, config)
        merge_options(config, args.cfg_options)
    name = Path(args.config).stem
    if 'task' in config:
        name = f'{name}_{config.task.name}'
    config.work_dir = args.work_dir or config.get('work_dir') or f'work_dirs/{name}'
    return config


@contextmanager
def checked_runner(config, *, phases):
    """Context of the runner of a config, which is checked first; the workers that load its data end with it.

    Args:
        phases: what will be run, of 'train', 'val' and 'test'.

    Raises:
        UsageError: as ``check_config`` says.
    """
    check_config(config, phases=phases)
    runner = build_runner(config)
    try:
        yield runner
    finally:
        end_workers(runner)
