"""The one entry point: its overview, its mistakes, and that neither waits for torch."""
import importlib.util
import logging
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from vpt_mm import __version__
from vpt_mm.cli import is_program
from vpt_mm.cli.commands import COMMANDS, GROUPS, module_of
from vpt_mm.cli.main import main
from vpt_mm.costs.contestants import BACKBONES
from vpt_mm.costs.memory import OPTIONS
from vpt_mm.costs.methods import METHODS
from vpt_mm.costs.storage import BENCHMARKS

ROOT = Path(__file__).parents[2]
HEAVY = ('torch', 'mmengine', 'mmcv', 'mmpretrain', 'mmseg', 'numpy', 'rich', 'scipy', 'cv2', 'vpt_mm.models')


def printed(capsys, *words):
    with pytest.raises(SystemExit) as ended:
        main([*words])
    assert not ended.value.code
    return capsys.readouterr().out


def test_every_command_has_a_module_and_none_is_left_over():
    assert all(importlib.util.find_spec(module_of(name)) for name in COMMANDS)
    shared = {'__init__', 'commands', 'launch', 'main', 'options', 'task_options'}
    files = {f'vpt_mm.cli.{file.stem}' for file in (ROOT / 'vpt_mm/cli').glob('*.py') if file.stem not in shared}
    assert files == {module_of(name) for name in COMMANDS}


@pytest.mark.parametrize('words', [[], ['--help'], ['-h']])
def test_the_overview_names_every_command_in_its_group(words, capsys):
    main(words)
    overview = capsys.readouterr().out
    assert all(f'\n{group}:\n' in overview for group in GROUPS)
    assert all(f'  {name} ' in overview and purpose in overview for name, purpose in COMMANDS.items())
    assert all(len(line) <= 100 for line in overview.splitlines())


@pytest.mark.parametrize('words', [['cost'], ['cost', '--help']])
def test_a_family_names_its_own(words, capsys):
    main(words)
    overview = capsys.readouterr().out
    assert 'cost blocks' in overview and 'predict' not in overview


def test_the_version(capsys):
    main(['--version'])
    assert capsys.readouterr().out.strip() == __version__


@pytest.mark.parametrize('words, told', [
    (['trian', 'config.py'], r"no command 'trian'\. Did you mean train\?"),
    (['cost', 'block'], r"no command 'cost block'\. Did you mean cost blocks\?"), (['--foo'], "no command '--foo'")])
def test_a_command_that_is_not_there_is_named(words, told):
    with pytest.raises(SystemExit, match=f'error: there is {told}.* vpt-mm --help lists them all'):
        main(words)


@pytest.mark.parametrize('command, names', [
    ('cost blocks', [*BACKBONES, *METHODS]), ('cost memory', [*METHODS, *OPTIONS]), ('report', BENCHMARKS)])
def test_help_names_what_there_is(command, names, capsys, monkeypatch):
    monkeypatch.setenv('COLUMNS', '500')  # no name is broken at its hyphen
    helped = printed(capsys, *command.split(), '--help')
    assert all(name in helped for name in names)


def test_the_page_of_commands_lists_them_as_they_are():
    page = (ROOT / 'docs/commands.md').read_text()
    parts = [part.partition('\n') for part in page.split('\n## ')[1:]]
    rows = re.compile(r'^\| `(.*?)` \| (.*) \|$', re.MULTILINE)
    assert {group: dict(rows.findall(table)) for group, _, table in parts} == GROUPS


def test_every_command_and_tool_that_a_text_names_is_there():
    texts = [*ROOT.glob('*.md'), *(file for folder in ('configs', 'docs', 'tools', 'vpt_mm')
                                   for file in (ROOT / folder).rglob('*.*') if file.suffix in ('.md', '.py', '.sh'))]
    said = '\n'.join(file.read_text() for file in texts)
    firsts = {name.partition(' ')[0] for name in COMMANDS}
    assert set(re.findall(r'vpt-mm ([a-z][a-z-]*)', said)) == firsts
    assert {f'cost {name}' for name in re.findall(r'vpt-mm cost ([a-z]+)', said)} <= COMMANDS.keys()
    assert all((ROOT / path).is_file() for path in re.findall(r'\btools/[\w/]+\.(?:py|sh)\b', said))


@pytest.mark.parametrize('unbuffered', ['', '1'])
@pytest.mark.parametrize('words', [['--help'], ['predict', '--help'], ['check-data', 'ade20k']])
def test_output_that_nobody_reads(words, unbuffered):
    """As of `vpt-mm --help | head -1`: the reader has gone before the first line."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, 'w') as output:
        ended = subprocess.run([sys.executable, '-m', 'vpt_mm', *words], stdout=output, stderr=subprocess.PIPE,
                               text=True, cwd=ROOT, env={**os.environ, 'PYTHONPATH': str(ROOT),
                                                         'PYTHONUNBUFFERED': unbuffered})
    assert not ended.stderr and ended.returncode in (0, 1, 141)  # 1 is rich's answer, and that of check-data


def test_a_log_that_nobody_reads(capsys, monkeypatch):
    """mmengine's log goes to the output: what a run computes and writes does not hang on its reader."""
    reader, writer = os.pipe()
    os.close(reader)
    done = []

    def train(words):
        with os.fdopen(writer, 'w', closefd=False) as output:
            handler = logging.StreamHandler(output)
            handler.emit(logging.makeLogRecord(dict(msg='step 1')))
            done.append('step 1')
            os.dup2(os.open(os.devnull, os.O_WRONLY), writer)  # for what is flushed as it is closed

    monkeypatch.setattr('vpt_mm.cli.main._command', train)
    main([])
    os.close(writer)
    assert done and not capsys.readouterr().err and logging.raiseExceptions


@pytest.mark.parametrize('fault', [BrokenPipeError('of a worker'), KeyError('x')])
def test_faults_are_not_taken_for_a_reader_that_left(fault, monkeypatch):
    def fail(words):
        raise fault

    monkeypatch.setattr('vpt_mm.cli.main._command', fail)
    with pytest.raises(type(fault)) as raised:
        main([])
    assert raised.value is fault


def imported(*words, **variables):
    """Names of the modules that Python imports for a command line, which prints a help."""
    ended = subprocess.run([sys.executable, '-X', 'importtime', *map(str, words)], capture_output=True, text=True,
                           cwd=ROOT, env={**os.environ, 'PYTHONPATH': str(ROOT), **variables})
    assert ended.returncode == 0 and 'usage: vpt-mm' in ended.stdout, ended.stderr[-2000:]
    return {line.rpartition('|')[2].strip() for line in ended.stderr.splitlines() if line.startswith('import time:')}


@pytest.mark.parametrize('words', [
    ['-m', 'vpt_mm', '--help'], ['-W', 'ignore', '-m', 'vpt_mm', 'cost', '--help'],
    ['tools/train.py', '--help'], ['tools/test.py', '--help']])
def test_help_does_not_wait_for_torch(words):
    assert imported(*words).isdisjoint(HEAVY)


def test_no_help_of_the_console_script_waits_for_torch(tmp_path):
    script = tmp_path / 'vpt-mm'
    script.write_text('from vpt_mm.cli.main import main\n'
                      'from vpt_mm.cli.commands import COMMANDS\n'
                      'for name in COMMANDS:\n'
                      '    try:\n'
                      '        main([*name.split(), "--help"])\n'
                      '    except SystemExit as ended:\n'
                      '        assert not ended.code\n')
    assert imported(script).isdisjoint(HEAVY)


@pytest.mark.parametrize('argv, orig_argv, main_module, waits', [
    (['-m'], ['python', '-m', 'vpt_mm', 'train'], {}, True),
    (['-m'], ['python', '-W', 'ignore', '-m', 'vpt_mm'], {}, True),
    (['-m'], ['python', '-m', 'vpt_mm.datasets.digits.scenes'], {}, False),
    (['-m'], ['python', '-m', 'theirs', '--package', 'vpt_mm'], {}, False),
    (['/bin/vpt-mm'], ['python', '/bin/vpt-mm'], dict(__file__='/bin/vpt-mm'), True),
    (['/bin/vpt-mm'], ['python', '-c', 'spawn_main()'], {}, False),  # a process that the command line started
    (['tools/train.py'], ['python', 'tools/train.py'], dict(__file__='train.py', VPT_MM_COMMAND='train'), True),
    (['tools/train.py'], ['python', 'tools/train.py'], dict(__file__='train.py'), False),  # mmseg's
    ([''], ['python'], dict(__file__=None), False)])
def test_who_may_wait_until_arguments_are_read(argv, orig_argv, main_module, waits, monkeypatch):
    monkeypatch.setattr(sys, 'argv', argv)
    monkeypatch.setattr(sys, 'orig_argv', orig_argv)
    monkeypatch.setitem(sys.modules, '__main__', SimpleNamespace(**main_module))
    assert is_program() == waits


def test_a_process_that_a_command_starts_registers(tmp_path):
    """Such as a loader's worker that is not a fork: it imports the script of the command again, as another module."""
    (tmp_path / 'worker.py').write_text(
        'def work():\n'
        '    import vpt_mm\n'
        '    from mmengine.registry import DATASETS, HOOKS, MODELS\n'
        '    print("PromptedViT" in MODELS, "OfflineTask" in DATASETS, "FreezeBackboneHook" in HOOKS)\n')
    (tmp_path / 'vpt-mm').write_text(
        'import multiprocessing, sys, vpt_mm\n'
        'if __name__ == "__main__":\n'
        '    assert "torch" not in sys.modules\n'
        '    from worker import work\n'
        '    process = multiprocessing.get_context("spawn").Process(target=work)\n'
        '    process.start()\n'
        '    process.join()\n')
    ended = subprocess.run([sys.executable, 'vpt-mm'], capture_output=True, text=True, cwd=tmp_path,
                           env={**os.environ, 'PYTHONPATH': str(ROOT)})
    assert ended.stdout == 'True True True\n', ended.stderr
