"""What command lines share: types of options, and a table on the console, whole."""
import argparse
import math

from rich.console import Console

from .devices import find_device
from .errors import UsageError


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
