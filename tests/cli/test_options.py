"""Numbers of options are such as make sense, and tables are printed whole."""
import argparse
import io
import sys

import pytest
from rich.table import Table

from vpt_mm.cli.options import above, add_run_options, at_least, device, print_table, waiting


@pytest.mark.parametrize('kind, text, rule', [
    (at_least(1), '0', 'a whole number, 1 or more'), (at_least(1), '-5', 'a whole number, 1 or more'),
    (at_least(1), '1.5', 'a whole number'), (at_least(0), '-1', 'a whole number, 0 or more'),
    (at_least(0, float), 'inf', 'a number, 0 or more'),
    (above(0), '0', 'a number, above 0'), (above(0), 'nan', 'a number, above 0'), (above(0), 'x', 'a number')])
def test_a_number_that_makes_no_sense_is_refused(kind, text, rule):
    with pytest.raises(argparse.ArgumentTypeError, match=f'must be {rule}.* got {text!r}'):
        kind(text)


def test_a_number_is_what_was_said():
    assert [at_least(1)('1'), at_least(0)('0'), at_least(0, float)('0.5'), above(0)('1e-3')] == [1, 0, 0.5, 1e-3]


def test_entries_are_read_as_mmengine_reads_them_and_need_a_value(capsys):
    parser = argparse.ArgumentParser()
    add_run_options(parser)
    args = parser.parse_args(['config.py', '--cfg-options', 'a.b=1', 'c=[x,2.5]', '--cfg-options', 'd=None'])
    assert args.cfg_options == {'a.b': 1, 'c': ['x', 2.5], 'd': None}
    with pytest.raises(SystemExit):
        parser.parse_args(['config.py', '--cfg-options', 'train_cfg.max_iters'])
    assert "--cfg-options takes KEY=VALUE, got 'train_cfg.max_iters'" in capsys.readouterr().err


@pytest.mark.parametrize('name', ['foo', 'meta', 'cuda:99', ''])
def test_a_device_is_one_of_this_machine(name):
    assert device('cpu') == 'cpu'
    with pytest.raises(argparse.ArgumentTypeError, match=f'device must be one that is here, .* got {name}'):
        device(name)


def test_no_cell_is_cut_on_a_narrow_console(monkeypatch, capsys):
    monkeypatch.setenv('COLUMNS', '40')
    table = Table(*[f'a long task {number}' for number in range(9)], title='means')
    table.add_row(*[f'{number}.25 ± 0.125' for number in range(9)])
    print_table(table)
    printed = capsys.readouterr().out
    assert '…' not in printed and all(f'a long task {number}' in printed for number in range(9))
    assert len({len(line) for line in printed.splitlines() if line[0] in '┃│┏└'}) == 1


@pytest.mark.parametrize('terminal', [True, False])
def test_a_terminal_shows_what_is_waited_for_and_nothing_else_does(terminal, monkeypatch, capsys):
    errors = io.StringIO()
    monkeypatch.setattr(errors, 'isatty', lambda: terminal, raising=False)
    monkeypatch.setattr('sys.stderr', errors)
    monkeypatch.setenv('TERM', 'xterm')
    with waiting('loading the backbone'):
        sys.stdout.write('1 task')
    assert ('loading the backbone' in errors.getvalue()) == terminal and capsys.readouterr().out == '1 task'
