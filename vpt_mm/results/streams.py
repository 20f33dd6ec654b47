"""What is forgotten on streams of tasks: averages over seeds, and matrices of accuracies as a picture."""
import json

from ..engine.accuracy_matrix import matrix_from
from ..engine.accuracy_picture import draw_accuracies
from ..errors import UsageError
from .sheet import Sheet
from .table_one import spread_over_seeds


def of_stream(rows, name):
    """The rows of a stream; all where no name is given.

    Raises:
        UsageError: a name that no row has.
    """
    known = list(dict.fromkeys(row['task'] for row in rows))
    if name is not None and name not in known:
        raise UsageError(f"the table has the streams {', '.join(known)}, got {name!r}.")
    return [row for row in rows if name in (None, row['task'])]


def streams_sheets(rows):
    """A sheet for each stream: average accuracy, average incremental accuracy and forgetting, over the seeds.

    Of tasks with one common test set there is no forgetting.

    Args:
        rows: final runs.

    Raises:
        UsageError: runs that are not of streams, or a protocol with fewer than two seeds.
    """
    return [_sheet(stream, [row for row in rows if row['task'] == stream])
            for stream in dict.fromkeys(row['task'] for row in rows)]


def _sheet(stream, rows):
    found = {}
    for row in rows:
        found.setdefault(row['protocol'], []).append(matrix_of(row))
    names = list(min((matrix.summary() for matrices in found.values() for matrix in matrices), key=len))
    lines = []
    for protocol, matrices in found.items():
        values = {name: [matrix.summary()[name] for matrix in matrices] for name in names}
        joint = {len(matrix) for matrix in matrices} == {1}  # which could forget nothing
        lines.append([protocol, *('' if joint and name != 'average accuracy' else
                                  spread_over_seeds(protocol, stream, values[name]) for name in names)])
    return Sheet(stream, ['protocol', *names], lines)


def matrix_of(row):
    """The matrix of accuracies of a run.

    Raises:
        UsageError: it has none.
    """
    try:
        rows = row['accuracies'] if isinstance(row['accuracies'], list) else json.loads(row['accuracies'])
        return matrix_from([list(map(float, line)) for line in rows])
    except (KeyError, TypeError, ValueError):
        raise UsageError(f"{row['protocol']} on {row['task']} has no matrix of accuracies: runs of configs with a "
                         'ContinualLoop have one.') from None


def draw_streams(rows, out):
    """Draw the matrix of each protocol side by side, of the first seed.

    Args:
        rows: final runs, of one stream.
        out: path, whose ending says the format.

    Raises:
        UsageError: of several streams, or as :func:`~vpt_mm.engine.draw_accuracies` says.
    """
    streams = list(dict.fromkeys(row['task'] for row in rows))
    if len(streams) > 1:
        raise UsageError(f"a picture has the matrices of one stream, got {', '.join(streams)}: choose one with "
                         '--stream.')
    first = {row['protocol']: matrix_of(row) for row in reversed(rows)}
    draw_accuracies({name: first[name] for name in reversed(first)}, out)
