"""What the commands share: options, their types, signs of life, and a table on the console, whole."""
import argparse
import math
from contextlib import contextmanager


def add_run_options(parser):
    """The options that training and testing share, spelled as in OpenMMLab's own tools."""
    parser.add_argument('config', help='config file')
    parser.add_argument('--work-dir', metavar='FOLDER',
                        help='for logs and checkpoints; work_dirs/<config name> by default')
    parser.add_argument('--cfg-options', nargs='+', action=Overrides, metavar='KEY=VALUE',
                        help='override entries of the config, such as model.backbone.tuning.length=50')
    parser.add_argument('--launcher', choices=['none', 'pytorch', 'slurm', 'mpi'], default='none',
                        help='job launcher of distributed runs')
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0, help='set by the launcher')


class Overrides(argparse.Action):
    """mmengine's ``DictAction``, for which an entry without a value is a mistake of the command line."""

    def __call__(self, parser, namespace, values, option_string=None):
        bare = [value for value in values if '=' not in value]
        if bare:
            parser.error(f'{option_string} takes KEY=VALUE, got {bare[0]!r}.')
        from ..config_file import parse_value
        try:
            given = {key: parse_value(text) for key, _, text in (value.partition('=') for value in values)}
        except AssertionError as error:  # mmengine's, of brackets
            parser.error(f'{option_string}: {error}')
        setattr(namespace, self.dest, {**(getattr(namespace, self.dest, None) or {}), **given})


def at_least(least, kind=int):
    """Type of an option that is a number, ``least`` or more; whole unless ``kind`` is float."""
    return _number(kind, lambda number: number >= least, f'{least} or more')


def above(bound):
    """Type of an option that is a number above ``bound``."""
    return _number(float, lambda number: number > bound, f'above {bound}')


def _number(kind, fits, rule):
    noun = 'whole number' if kind is int else 'number'

    def parse(text):
        try:
            number = kind(text)
        except ValueError:
            number = math.nan
        if not (fits(number) and number < math.inf):
            raise argparse.ArgumentTypeError(f'must be a {noun}, {rule}, got {text!r}')
        return number

    return parse


def add_device_option(parser):
    parser.add_argument('--device', type=device, help='such as cpu or cuda:0; by default a GPU where there is one')


def device(text):
    """Type of an option that names a device of this machine, such as cpu or cuda:0."""
    from ..devices import find_device
    from ..errors import UsageError
    try:
        find_device(text)
    except UsageError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


@contextmanager
def waiting(what):
    """Context in which a terminal shows that something goes on; where there is none, nothing is shown."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn
    console = Console(stderr=True)
    with Progress(SpinnerColumn(), TextColumn('{task.description}'), console=console, transient=True,
                  redirect_stdout=False, redirect_stderr=False, disable=not console.is_interactive) as shown:
        shown.add_task(what, total=None)
        yield


def print_table(table):
    """Print a rich table as wide as its cells need, also where the console is narrower or a file: none is cut."""
    from rich.console import Console
    console = Console()
    needed = console.measure(table, options=console.options.update(max_width=10_000)).maximum
    console.width = max(console.width, needed)
    console.print(table)
