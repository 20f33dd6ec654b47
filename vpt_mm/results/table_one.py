"""The layout of the paper's table 1: a mean for each group of tasks, tasks won, total parameters; and seeds."""
import statistics

from ..costs.storage import storage_multiple
from ..errors import UsageError
from .sheet import Sheet, spread
from .table import by_task, means


def table_one(rows, *, baseline='Full'):
    """A sheet with a row for each protocol: total parameters in backbones, then the mean of every group of tasks and
    the number of its tasks that are better than with the baseline.

    Args:
        rows: final runs.
        baseline: protocol that the others are compared with, where it was run.

    Raises:
        UsageError: protocols that were run on other tasks than each other.
    """
    scores, groups = means(rows), groups_of(rows)
    require_same_tasks(scores)
    sheet = []
    for protocol, values in scores.items():
        cells = [f'{total_parameters(rows, protocol):.2f}x']
        for tasks in groups.values():
            cell = f'{statistics.fmean(values[task] for task in tasks):.2f}'
            if baseline in scores and protocol != baseline:
                cell += f' ({sum(values[task] > scores[baseline][task] for task in tasks)})'
            cells.append(cell)
        sheet.append([protocol, *cells])
    note = f'in brackets: tasks that are better than with {baseline}' if baseline in scores else ''
    return Sheet('Means over tasks', ['protocol', 'total parameters', *(f'{group} ({len(tasks)})' for group, tasks in
                                                                        groups.items())], sheet, note)


def groups_of(rows):
    """{group: its tasks}, in the table's order."""
    groups = {}
    for row in rows:
        groups.setdefault(row['group'], {})[row['task']] = None
    return {group: list(tasks) for group, tasks in groups.items()}


def require_same_tasks(scores):
    """Raise UsageError unless all protocols have results on the same tasks: a mean over others compares nothing."""
    everything = {task for values in scores.values() for task in values}
    for protocol, values in scores.items():
        if everything - set(values):
            missing = ', '.join(sorted(everything - set(values)))
            raise UsageError(f'{protocol} has no result on {missing}: let the sweep end first, or name the others with '
                             '--protocols.')


def total_parameters(rows, protocol):
    """Parameters of all tasks, in backbones: the paper's column of total parameters."""
    tasks = {row['task']: row for row in rows if row['protocol'] == protocol}
    if any(row.get('tuned') is None or not row.get('backbone') for row in tasks.values()):
        return float('nan')
    first = next(iter(tasks.values()))
    return storage_multiple(sum(row['tuned'] for row in tasks.values()), backbone=first['backbone'],
                            frozen=first['frozen'])


def seeds_table(rows):
    """A sheet of every protocol and task: mean and standard deviation over seeds.

    Raises:
        UsageError: a protocol and task with fewer than two seeds.
    """
    values = by_task(rows)
    tasks = list(dict.fromkeys(row['task'] for row in rows))
    cells = {protocol: [spread_over_seeds(protocol, task, found.get(task, ())) for task in tasks]
             for protocol, found in values.items()}
    return Sheet('Mean and standard deviation over seeds', ['protocol', *tasks],
                 [[protocol, *row] for protocol, row in cells.items()])


def spread_over_seeds(protocol, task, values):
    """'mean ± standard deviation' of a protocol's values on a task; raises as :func:`seeds_table` does."""
    require_seeds(protocol, task, values)
    return spread(values)


def require_seeds(protocol, task, values):
    """Raise UsageError unless there are two values at least, so that they have a spread."""
    if len(values) < 2:
        raise UsageError(f'{protocol} on {task} has {len(values)} seed{"" if len(values) == 1 else "s"}, and a spread '
                         'needs two or more: run more --seeds.')
