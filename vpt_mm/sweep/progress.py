"""A sweep on the console: how far it is, what runs, what came out."""
from statistics import fmean

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table


class SweepProgress:
    """A bar of all runs, and a line for every search and final result.

    Args:
        conductor: :class:`~vpt_mm.sweep.conduct.Conductor`.
    """

    def __init__(self, conductor):
        self.conductor = conductor
        self.console = Console()
        self.bar = Progress(TextColumn('runs'), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
                            TimeRemainingColumn(), TextColumn('{task.description}'), console=self.console)

    def __enter__(self):
        self.bar.start()
        self.task = self.bar.add_task('', total=self.conductor.total, completed=self.conductor.finished)
        return self

    def __exit__(self, *error):
        self.bar.stop()

    def report(self, run, outcome):
        """A run came back."""
        self.bar.advance(self.task)
        if isinstance(outcome, Exception):
            self.console.print(f'[red]failed[/red]: {run.title}: {type(outcome).__name__}')
            return
        self.bar.update(self.task, description=f'{run.title}: {self.conductor.store.value(run):.2f}')
        cell = run.cell
        finals = cell.finals(run.point)
        if run.final and all(final in self.conductor.store for final in finals):
            mean = fmean(self.conductor.store.value(final) for final in finals)
            self.console.print(f'{cell.protocol.name} on {cell.task}: {mean:.2f} over {len(finals)} seeds')


def summary(rows):
    """Final runs, as a rich table: a row for each protocol, a column for each task, means over seeds."""
    rows = [row for row in rows if row['final']]
    tasks = list(dict.fromkeys(row['task'] for row in rows))
    axes = [axis for axis in ('shots', 'fraction', 'size') if len({row.get(axis) for row in rows}) > 1]
    table = Table(title='Means over seeds, on the test split')
    for column in ('protocol', *axes):
        table.add_column(column)
    for task in tasks:
        table.add_column(task, justify='right')
    for key in dict.fromkeys((row['protocol'], *(row[axis] for axis in axes)) for row in rows):
        cells = []
        for task in tasks:
            values = [row['value'] for row in rows
                      if row['task'] == task and (row['protocol'], *(row[axis] for axis in axes)) == key]
            cells.append(f'{fmean(values):.2f}' if values else '')
        table.add_row(*map(str, key), *cells)
    return table
