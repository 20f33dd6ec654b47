"""Results: the table of one sweep, as vpt-mm sweep writes it."""
import csv
import json
import statistics
from pathlib import Path

from ..errors import UsageError

NEEDED = ('sweep', 'group', 'task', 'protocol', 'split', 'final', 'seed', 'fraction', 'size', 'value')


class Results:
    """Rows of a sweep's results, each a dict.

    Args:
        rows: of one sweep.

    Raises:
        UsageError: none, rows without what vpt-mm sweep writes or without a value, or rows of two sweeps.
    """

    def __init__(self, rows):
        self.rows = list(rows)
        if not self.rows:
            raise UsageError('the table of results has no rows: has a run of the sweep finished?')
        missing = [key for key in NEEDED if any(key not in row for row in self.rows)]
        if missing:
            raise UsageError(f"a table of results has the columns of vpt-mm sweep; missing: {', '.join(missing)}.")
        for number, row in enumerate(self.rows, 1):
            if type(row['value']) not in (int, float):
                raise UsageError(f"every row of a table of results has a number as its value, got {row['value']!r} in "
                                 f"row {number} ({row['protocol']} on {row['task']}).")
        sweeps = sorted({row['sweep'] for row in self.rows})
        if len(sweeps) > 1:
            raise UsageError(f"a table must come from one sweep, got rows of {len(sweeps)}: {', '.join(sweeps)}. Give "
                             'the file that one sweep wrote.')

    @property
    def protocols(self):
        return list(dict.fromkeys(row['protocol'] for row in self.rows))

    def finals(self, **where):
        """The final runs at one fraction of the data, number of shots and size; arguments and errors of :meth:`at`."""
        return [row for row in self.at(**where) if row['final']]

    def at(self, *, fraction=None, size=None, shots=None, free=None):
        """The rows of one fraction of the data, one size of the images and one number of shots.

        Args:
            fraction, size, shots: which; they may be left out where the table has one.
            free: of these, the one that may differ.

        Raises:
            UsageError: no final run, or several values of one of them of which none was chosen.
        """
        where = {axis: value for axis, value in (('fraction', fraction), ('size', size), ('shots', shots))
                 if value is not None}
        chosen = [row for row in self.rows if all(row.get(axis) == value for axis, value in where.items())]
        if not any(row['final'] or free for row in chosen):
            raise UsageError('there is no final run' + ''.join(f' of {axis} {value}' for axis, value in where.items())
                             + ' in the table: let the sweep end first.')
        for axis, option in (('fraction', '--data-fraction'), ('size', '--resolution'), ('shots', '--shots')):
            found = list(dict.fromkeys(row.get(axis) for row in chosen))
            if len(found) > 1 and axis != free:
                raise UsageError(f"the table has several values of {axis} ({', '.join(map(str, found))}): choose one "
                                 f'with {option}.')
        return chosen

    def require_protocol(self, name):
        """Raise UsageError unless the sweep has this protocol."""
        if name not in self.protocols:
            raise UsageError(f"the table has the protocols {', '.join(self.protocols)}, got {name!r}.")


def by_task(rows):
    """Final runs as {protocol: {task: [value of each seed]}}, in the table's order."""
    values = {}
    for row in rows:
        values.setdefault(row['protocol'], {}).setdefault(row['task'], []).append(row['value'])
    return values


def means(rows):
    """Final runs as {protocol: {task: mean over seeds}}."""
    return {protocol: {task: statistics.fmean(values) for task, values in tasks.items()}
            for protocol, tasks in by_task(rows).items()}


def read_results(file, *, protocols=None):
    """:class:`Results` of ``results.csv`` or ``results.json``.

    Args:
        protocols: names of those to keep; None for all.

    Raises:
        UsageError: no such file, no table of results, or a protocol that it lacks.
    """
    results = _read(file)
    for name in protocols or ():
        results.require_protocol(name)
    return results if protocols is None else Results(row for row in results.rows if row['protocol'] in protocols)


def _read(file):
    file = Path(file)
    if not file.is_file():
        raise UsageError(f'no table of results at {file}: vpt-mm sweep writes results.csv.')
    try:
        if file.suffix == '.json':
            return Results(json.loads(file.read_text()))
        with file.open(newline='') as table:
            return Results([{key: _parse(text) for key, text in row.items()} for row in csv.DictReader(table)])
    except UsageError as error:
        raise UsageError(f'{file}: {error}') from None
    except (json.JSONDecodeError, UnicodeDecodeError, csv.Error, TypeError, AttributeError) as error:
        raise UsageError(f'{file} is not a table of results: {error}') from None


def _parse(text):
    """A cell of a CSV: number, truth value, None where it is empty, or the text."""
    if text in ('', 'None', None):
        return None
    if text in ('True', 'False'):
        return text == 'True'
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
