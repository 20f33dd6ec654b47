"""vpt-mm completion: the script by which a shell completes commands, options and files."""
import argparse
from importlib import import_module

import shtab

from .commands import COMMANDS, module_of

REGISTERS = False  # a shell that starts waits for the script
PATHS = ('CHECKPOINT', 'CONFIG', 'FILE', 'FOLDER', 'IMAGE', 'IN', 'OUT', 'PATH', 'RESULTS', 'SWEEP',
         '[NAME=]FILE[,FILE]')


def add_arguments(parser):
    parser.add_argument('shell', choices=['bash', 'zsh'], help='that is to read the script: '
                        'eval "$(vpt-mm completion bash)"')


def run(args):
    print(shtab.complete(whole_parser(), shell=args.shell))


def whole_parser():
    """One parser of all commands, in which arguments that are paths are marked for shtab."""
    parser = argparse.ArgumentParser(prog='vpt-mm')
    parser.add_argument('--version', action='store_true', help='print the version')
    families = {'': parser.add_subparsers()}
    for name, purpose in COMMANDS.items():
        family, _, last = name.rpartition(' ')
        if family not in families:
            families[family] = families[''].add_parser(family, help=_members(family)).add_subparsers()
        command = families[family].add_parser(last, help=purpose, description=purpose)
        import_module(module_of(name)).add_arguments(command)
        _mark_paths(command)
    return parser


def _members(family):
    return ', '.join(name.rpartition(' ')[2] for name in COMMANDS if name.startswith(f'{family} '))


def _mark_paths(parser):
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                _mark_paths(inner)
        elif action.choices is None and (action.metavar in PATHS or not (action.option_strings or action.metavar)):
            action.complete = shtab.FILE
