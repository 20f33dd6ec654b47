"""Tables are printed whole."""
from rich.table import Table

from vpt_mm.console import print_table


def test_no_cell_is_cut_on_a_narrow_console(monkeypatch, capsys):
    monkeypatch.setenv('COLUMNS', '40')
    table = Table(*[f'a long task {number}' for number in range(9)], title='means')
    table.add_row(*[f'{number}.25 ± 0.125' for number in range(9)])
    print_table(table)
    printed = capsys.readouterr().out
    assert '…' not in printed and all(f'a long task {number}' in printed for number in range(9))
    assert len({len(line) for line in printed.splitlines() if line[0] in '┃│┏└'}) == 1
