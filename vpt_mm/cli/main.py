"""main(): `vpt-mm COMMAND ...`.

A command is a module with ``add_arguments(parser)`` and ``run(args)``. It is imported when it is named, and imports
torch, mmengine and the rooms of this package in ``run`` alone: help and mistyped options need none of them.
"""
import argparse
import logging
import os
import sys
from importlib import import_module

from .. import __version__, register_all
from ..errors import UsageError, did_you_mean
from .commands import COMMANDS, module_of, overview
from .options import waiting

USAGE = 'usage: vpt-mm COMMAND [options]; the options of a command: vpt-mm COMMAND --help'
READER_LEFT = 141  # what a shell says of a program that SIGPIPE ended


def main(words=None):
    """Run a command; what the user can mend is printed as one message, without a traceback.

    Args:
        words: name and options of the command; those of the command line by default.
    """
    shown, logging.raiseExceptions = logging.raiseExceptions, False  # a log without a reader stops no training
    try:
        _command(sys.argv[1:] if words is None else words)
    except BrokenPipeError:
        if _is_read('\n'):
            raise  # it was another pipe, such as a worker's
        sys.exit(READER_LEFT)
    finally:
        logging.raiseExceptions = shown
        _is_read()  # also what argparse printed, which ends the process itself


def _command(words):
    name, rest = _split(words)
    if name in COMMANDS:
        _run(name, rest)
    elif rest[:1] == ['--version']:
        print(__version__)
    elif not rest or rest[0] in ('-h', '--help'):
        print(USAGE, overview(name), sep='\n\n')
    else:
        asked = f'{name} {rest[0]}'.strip()
        sys.exit(f'error: there is no command {asked!r}.{did_you_mean(asked, COMMANDS)} vpt-mm --help lists them all.')


def _is_read(text=''):
    """Whether somebody reads what is printed, with this text at its end: `head` does not, after a few lines."""
    try:
        print(text, end='', flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is flushed when Python ends
        return False
    return True


def _split(words):
    """The longest name of a command, or of a family of commands, that the words begin with, and the other words."""
    families = {name.partition(' ')[0] for name in COMMANDS}
    for count in (2, 1):
        name = ' '.join(words[:count])
        if name in COMMANDS or name in families:
            return name, words[count:]
    return '', words


def _run(name, words):
    command = import_module(module_of(name))
    parser = argparse.ArgumentParser(prog=f'vpt-mm {name}', description=COMMANDS[name], formatter_class=HelpFormatter)
    command.add_arguments(parser)
    args = parser.parse_args(words)
    try:
        if getattr(command, 'REGISTERS', True):
            with waiting('loading torch and the registries'):
                register_all()
        command.run(args)
    except UsageError as error:
        sys.exit(f'error: {error}')


class HelpFormatter(argparse.ArgumentDefaultsHelpFormatter):
    """Says the default of every option that has one."""

    def _get_help_string(self, action):
        return super()._get_help_string(action) if action.default else action.help
