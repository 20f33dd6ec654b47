"""Sheet: a table of results, for the console and as markdown."""
import statistics
from dataclasses import dataclass

from rich.table import Table


@dataclass(frozen=True)
class Sheet:
    """A title, the names of the columns, and rows of texts; all columns but the first are numbers.

    Attributes:
        note: what a reader must know beside the numbers.
    """

    title: str
    columns: list
    rows: list
    note: str = ''

    def rich(self):
        table = Table(title=self.title, caption=self.note or None)
        for place, column in enumerate(self.columns):
            table.add_column(column, justify='right' if place else 'left')
        for row in self.rows:
            table.add_row(*row)
        return table

    def markdown(self):
        rule = ['---'] + ['---:'] * (len(self.columns) - 1)
        lines = [f"| {' | '.join(cells)} |" for cells in (self.columns, rule, *self.rows)]
        return '\n'.join([f'**{self.title}**', '', *lines, *(['', self.note] if self.note else []), ''])


def spread(values):
    """Mean and standard deviation of two values or more."""
    return f'{statistics.fmean(values):.2f} ± {statistics.stdev(values):.2f}'
