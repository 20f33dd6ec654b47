"""A row for each protocol, a column for each task: pairs of domains, or datasets that were not trained on."""
import statistics

from .sheet import Sheet
from .table import means
from .table_one import require_same_tasks


def tasks_sheet(rows):
    """A sheet of the means over seeds on every task, and over tasks, as DAPL's table of Office-Home.

    Args:
        rows: final runs.

    Raises:
        UsageError: protocols on other tasks than each other.
    """
    scores = means(rows)
    require_same_tasks(scores)
    tasks = list(dict.fromkeys(row['task'] for row in rows))
    return Sheet('Means over seeds', ['protocol', *tasks, 'mean'],
                 [[name, *(f'{found[task]:.2f}' for task in tasks), f'{statistics.fmean(found.values()):.2f}']
                  for name, found in scores.items()])
