"""Scores over what was tuned in the backbone: a table for each task, and a picture."""
import statistics

from ..errors import UsageError
from ..picture import picture
from .sheet import Sheet
from .table_one import spread_over_seeds


def tuned_sheets(rows, *, columns):
    """A sheet for each task: parameters tuned in the backbone, mean and deviation of each column, seconds of a run.

    Args:
        rows: final runs.
        columns: names of columns with scores, such as the tests of a sweep over recipes.

    Raises:
        UsageError: a column that is not there or holds no numbers, or a protocol with fewer than two seeds.
    """
    require_scores(rows, columns)
    return [Sheet(task, ['protocol', 'tuned in the backbone', *columns, 'seconds'],
                  [[protocol, f'{tuned_in(runs):,}',
                    *(spread_over_seeds(protocol, task, [run[column] for run in runs]) for column in columns),
                    f"{statistics.fmean(run['seconds'] for run in runs):.0f}"] for protocol, runs in found.items()])
            for task, found in by_protocol(rows).items()]


def require_scores(rows, columns):
    for column in columns:
        wrong = [row for row in rows if not isinstance(row.get(column), (int, float))]
        if wrong:
            known = [key for key in rows[0] if all(isinstance(row.get(key), float) for row in rows)]
            raise UsageError(f"every row needs a number in the column {column}, {wrong[0]['protocol']} on "
                             f"{wrong[0]['task']} has none; such columns are {', '.join(known)}.")


def by_protocol(rows):
    """{task: {protocol: its runs}}, in the table's order."""
    found = {}
    for row in rows:
        found.setdefault(row['task'], {}).setdefault(row['protocol'], []).append(row)
    return found


def tuned_in(runs):
    """Parameters that a protocol tunes in the backbone.

    Raises:
        UsageError: rows that do not say it.
    """
    first = runs[0]
    if any(not isinstance(first.get(key), int) for key in ('tuned', 'head')):
        raise UsageError(f"{first['protocol']} on {first['task']} lacks the columns tuned and head: run the sweep "
                         'again.')
    return first['tuned'] - first['head']


def draw_tuned(rows, out, *, columns):
    """Write the means over what is tuned in the backbone, with their deviations: a row of panels for each column, in
    it one for each task.

    Arguments and errors as of :func:`tuned_sheets`.
    """
    require_scores(rows, columns)
    found = by_protocol(rows)
    names = list(dict.fromkeys(row['protocol'] for row in rows))
    with picture(out, len(columns), len(found), size=(1 + 5.5 * len(found), 1 + 4 * len(columns)), squeeze=False,
                 sharex='col') as (_, axes):
        for panels, column in zip(axes, columns):
            for panel, (task, protocols) in zip(panels, found.items()):
                for protocol, runs in protocols.items():
                    scores = [run[column] for run in runs]
                    place = tuned_in(runs), statistics.fmean(scores)
                    spread = statistics.stdev(scores) if len(scores) > 1 else 0
                    colour = f'C{names.index(protocol) % 10}'
                    panel.errorbar(*place, yerr=spread, marker='o', color=colour, capsize=2)
                    panel.annotate(protocol, place, (5, 3), textcoords='offset points', size=8, color=colour)
                panel.set_xscale('symlog', linthresh=100)
                panel.set(title=f'{task}: {column}')
                panel.grid(alpha=0.3)
                panel.spines[['top', 'right']].set_visible(False)
            panels[0].set_ylabel(column)
        for panel in axes[-1]:
            panel.set_xlabel('parameters tuned in the backbone')
