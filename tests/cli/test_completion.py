"""Completion as bash and zsh do it: keys are typed at a terminal, and the words that the command gets are printed."""
import os
import pty
import re
import select
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from vpt_mm.cli.completion import whole_parser

ROOT = Path(__file__).parents[2]
ECHO = "vpt-mm() { printf 'got'; printf '<%s>' \"$@\"; echo; }"
ZSH = 'autoload -U compinit; compinit -u -d zdump; '
TYPED = {  # what is typed before the key that completes, and the words that come of it
    'tr': ['train'], 'cost b': ['cost', 'blocks'], 'analyse ba': ['analyse', 'base-to-new'],
    'predict --no-': ['predict', '--no-pictures'],
    'predict --frozen-dtype bf': ['predict', '--frozen-dtype', 'bfloat16'],
    'cost tasks --rep': ['cost', 'tasks', '--repeats'], 'publish iter': ['publish', 'iter_2.pth'],
    'merge mine.py runs/la': ['merge', 'mine.py', 'runs/last.pth'], 'completion b': ['completion', 'bash']}


@pytest.mark.parametrize('shell, start', [('bash', ['--norc', '--noprofile']), ('zsh', ['-f'])])
def test_a_shell_completes(shell, start, tmp_path):
    if not shutil.which(shell):
        pytest.skip(f'{shell} is not installed here')
    script = subprocess.run([sys.executable, '-m', 'vpt_mm', 'completion', shell], capture_output=True, text=True,
                            env={**os.environ, 'PYTHONPATH': str(ROOT)}, check=True).stdout
    (tmp_path / 'script').write_text(script)
    (tmp_path / 'iter_2.pth').write_bytes(b'')
    (tmp_path / 'runs').mkdir()
    (tmp_path / 'runs/last.pth').write_bytes(b'')
    first = f'{ZSH if shell == "zsh" else ""}eval "$(cat script)"; {ECHO}; vpt-mm ready'
    said = typed([shell, *start, '-i'], [first, *(f'vpt-mm {keys}\t' for keys in TYPED)], cwd=tmp_path)
    assert said == [['ready'], *TYPED.values()]


def typed(command, lines, *, cwd):
    """Type lines at a shell on a terminal; returns the words that `vpt-mm` got by each."""
    shell, terminal = pty.openpty()
    process = subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, cwd=cwd,
                               start_new_session=True, env={**os.environ, 'TERM': 'dumb', 'HOME': str(cwd)})
    os.close(terminal)
    said = []
    try:
        for line in lines:
            os.write(shell, f'{line}\n'.encode())
            said.append(read_words(shell))
    finally:
        process.kill()
        process.wait()
        os.close(shell)
    return said


def read_words(shell):
    text = ''
    while not (line := re.search(r'got((?:<[^>]*>)+)\r', text)):
        assert select.select([shell], [], [], 30)[0], text
        text += os.read(shell, 4096).decode(errors='replace')
    return re.findall('<(.*?)>', line[1])


def test_every_path_is_completed_and_nothing_else():
    """Of some commands: what a user types, in the order in which help names it."""
    commands = whole_parser()._subparsers._group_actions[0].choices
    paths = {name: [action.dest for action in commands[name]._actions if hasattr(action, 'complete')]
             for name in ('train', 'predict', 'convert', 'data')}
    assert paths == dict(train=['config', 'work_dir', 'resume'], predict=['images', 'out', 'tasks', 'backbone',
                                                                           'checkpoint'],
                         convert=['source', 'out'], data=['folder', 'out', 'colours'])
