"""What a sweep shows: a line for each finished cell, and the means at the end."""
from types import SimpleNamespace

from vpt_mm.sweep.progress import SweepProgress, summary


def row(protocol, task, value, *, final=True, fraction=1.):
    return dict(protocol=protocol, task=task, value=value, final=final, fraction=fraction, size=None)


def cells_of(table):
    return [column.header for column in table.columns], list(zip(*(column.cells for column in table.columns)))


def test_the_summary_has_means_of_final_runs():
    rows = [row('Linear', 'dtd', 10.), row('Linear', 'dtd', 20.), row('Linear', 'dtd', 99., final=False),
            row('Full', 'svhn', 50.)]
    assert cells_of(summary(rows)) == (
        ['protocol', 'dtd', 'svhn'], [('Linear', '15.00', ''), ('Full', '', '50.00')])


def test_the_summary_tells_fractions_apart():
    rows = [row('Linear', 'dtd', 10., fraction=0.5), row('Linear', 'dtd', 20.)]
    assert cells_of(summary(rows)) == (
        ['protocol', 'fraction', 'dtd'], [('Linear', '0.5', '10.00'), ('Linear', '1.0', '20.00')])


def test_it_says_what_came_out_and_what_failed(capsys):
    store = Store()
    cell = SimpleNamespace(task='dtd', protocol=SimpleNamespace(name='Linear'))
    runs = [Run(cell, seed) for seed in (1, 2)]
    cell.finals = lambda point: runs
    conductor = SimpleNamespace(total=2, finished=0, store=store)
    with SweepProgress(conductor) as progress:
        for run, value in zip(runs, (40., 60.)):
            store[run] = value
            progress.report(run, {})
        progress.report(runs[0], ValueError('no such thing'))
    printed = capsys.readouterr().out
    assert printed.count('Linear on dtd: 50.00 over 2 seeds') == 1
    assert 'failed: Linear on dtd, seed 1: ValueError' in printed


class Run:
    """A final run."""

    point, final = dict(lr=1.), True

    def __init__(self, cell, seed):
        self.cell, self.title = cell, f'Linear on dtd, seed {seed}'


class Store(dict):
    """Values of runs that are done."""

    value = dict.__getitem__
