"""What the commands share: options, their types, the config that they name, and a table on the console, whole."""
import argparse
import math
import os
import sys
from pathlib import Path

from mmengine.config import DictAction
from rich.console import Console

from ..config_file import MODEL, merge_options, parse_value, read_config_file
from ..devices import find_device
from ..engine.preflight import check_names
from ..engine.runner import RANKS
from ..errors import UsageError


def common_parser(description):
    """The options that training and testing share, spelled as in OpenMMLab's own tools."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument('config', help='config file')
    parser.add_argument('--work-dir', help='folder for logs and checkpoints; work_dirs/<config name> by default')
    parser.add_argument('--cfg-options', nargs='+', action=Overrides, metavar='KEY=VALUE',
                        help='override entries of the config, such as model.backbone.tuning.length=50')
    parser.add_argument('--launcher', choices=['none', 'pytorch', 'slurm', 'mpi'], default='none',
                        help='job launcher of distributed runs')
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0, help='set by the launcher')
    return parser


class Overrides(DictAction):
    """mmengine's, for which an entry without a value is a mistake of the command line."""

    def __call__(self, parser, namespace, values, option_string=None):
        bare = [value for value in values if '=' not in value]
        if bare:
            parser.error(f'{option_string} takes KEY=VALUE, got {bare[0]!r}.')
        try:
            given = {key: parse_value(text) for key, _, text in (value.partition('=') for value in values)}
        except AssertionError as error:  # mmengine's, of brackets
            parser.error(f'{option_string}: {error}')
        setattr(namespace, self.dest, {**(getattr(namespace, self.dest, None) or {}), **given})


def load_config(args):
    """Read the config file and apply the common options."""
    if args.launcher in RANKS and RANKS[args.launcher] not in os.environ:
        raise UsageError(f'--launcher {args.launcher} is for processes that it starts, and {RANKS[args.launcher]} is '
                         'not set: use tools/dist_train.sh or tools/slurm_train.sh, or leave out --launcher.')
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    config = read_config_file(args.config, needs=MODEL)
    config.launcher = args.launcher
    if args.cfg_options:
        check_names(args.cfg_options, config)
        merge_options(config, args.cfg_options)
    name = '_'.join([Path(args.config).stem, *([config.task.name] if 'task' in config else [])])
    config.work_dir = args.work_dir or config.get('work_dir') or f'work_dirs/{name}'
    return config


def main(run, args):
    """Run a command; what the user can mend is printed as one message, without a traceback."""
    try:
        return run(args)
    except UsageError as error:
        sys.exit(f'error: {error}')


def at_least(least, kind=int):
    """Type of an option that is a number, ``least`` or more; whole unless ``kind`` is float."""
    return _number(kind, lambda number: number >= least, f'{least} or more')


def above(bound):
    """Type of an option that is a number above ``bound``."""
    return _number(float, lambda number: number > bound, f'above {bound}')


def _number(kind, fits, rule):
    def parse(text):
        try:
            number = kind(text)
        except ValueError:
            number = math.nan
        if not (fits(number) and number < math.inf):
            raise argparse.ArgumentTypeError(f"must be a {'whole ' * (kind is int)}number, {rule}, got {text!r}")
        return number

    return parse


def device(text):
    """Type of an option that names a device of this machine, such as cpu or cuda:0."""
    try:
        find_device(text)
    except UsageError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def print_table(table):
    """Print a rich table as wide as its cells need, also where the console is narrower or a file: none is cut."""
    console = Console()
    needed = console.measure(table, options=console.options.update(max_width=10_000)).maximum
    console.width = max(console.width, needed)
    console.print(table)
