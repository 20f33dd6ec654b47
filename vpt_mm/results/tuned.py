"""Scores over what was tuned in the backbone: a table for each task, and a picture."""
import statistics

from ..errors import UsageError
from ..picture import picture
from .sheet import Sheet
from .table_one import spread_over_seeds


def tuned_sheets(rows, *, columns):
    """A sheet for each task: parameters tuned in the backbone, mean and deviation of each column.

    Args:
        rows: final runs.
        columns: names of columns with scores, such as the tests of a sweep over recipes.

    Raises:
        UsageError: a column that is not there or holds no numbers, or a protocol with fewer than two seeds.
    """
    require_scores(rows, columns)
    return [Sheet(task, ['protocol', 'tuned in the backbone', *columns],
                  [[protocol, f'{tuned_in(runs):,}',
                    *(spread_over_seeds(protocol, task, [run[column] for run in runs]) for column in columns)]
                   for protocol, runs in found.items()])
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
    with picture(out, len(columns), len(found), size=(1 + 6 * len(found), 1 + 4.5 * len(columns)), squeeze=False,
                 sharex='col') as (_, axes):
        for panels, column in zip(axes, columns):
            panels[0].set_ylabel(column)
            for panel, (task, protocols) in zip(panels, found.items()):
                places = {name: (tuned_in(runs), *_spread(runs, column)) for name, runs in protocols.items()}
                for number, name in enumerate(sorted(places, key=lambda name: places[name][1])):
                    _draw_point(panel, name, *places[name], colour=f'C{names.index(name) % 10}', left=number % 2)
                panel.set_xscale('symlog', linthresh=1000, linscale=0.5)  # a head alone tunes nothing there
                most = max(tuned for tuned, *_ in places.values())
                panel.set_xticks([0, *(10 ** digits for digits in range(3, len(str(most))))])
                panel.set_title(f'{task}: {column}')
                panel.margins(x=0.15)
                panel.grid(alpha=0.3)
                panel.spines[['top', 'right']].set_visible(False)
        for panel in axes[-1]:
            panel.set_xlabel('parameters tuned in the backbone')


def _spread(runs, column):
    scores = [run[column] for run in runs]
    return statistics.fmean(scores), statistics.stdev(scores) if len(scores) > 1 else 0


def _draw_point(panel, name, tuned, mean, deviation, *, colour, left):
    """A point with its deviation, and its name on one side: of those next to each other in height, on both."""
    panel.errorbar(tuned, mean, yerr=deviation, marker='o', color=colour, capsize=2)
    panel.annotate(name, (tuned, mean), (-6 if left else 6, 2), textcoords='offset points', size=8, color=colour,
                   ha='right' if left else 'left')
