"""Classes that were trained on and classes that were not: the tables of CoCoOp (Zhou et al. 2022, CVPR)."""
import statistics

from ..errors import UsageError
from .sheet import Sheet
from .table import means
from .table_one import require_same_tasks


def harmonic_mean(base, new):
    """H of two accuracies; 0 where one of them is."""
    return 2 * base * new / (base + new) if base + new else 0.


def base_to_new_sheet(rows):
    """A sheet of base, new and H: first the mean over all tasks, then each task (table 3 of the paper).

    H of the mean is that of the two means, as in the paper.

    Args:
        rows: final runs, whose ``value`` is the accuracy on base classes, and ``new`` that on new ones.

    Raises:
        UsageError: rows without ``new``, or protocols on other tasks than each other.
    """
    if not all(isinstance(row.get('new'), (int, float)) for row in rows):
        raise UsageError('a table of base and new classes needs a column new: run a sweep with '
                         "tests=dict(new=dict(PART='new')) under PART='base', as configs/sweeps/words_base-to-new.py.")
    base, new = means(rows), means([dict(row, value=row['new']) for row in rows])
    require_same_tasks(base)
    tasks = list(dict.fromkeys(row['task'] for row in rows))
    parts = [(f'mean over {len(tasks)}', {name: [statistics.fmean(found[name].values()) for found in (base, new)]
                                          for name in base})] if len(tasks) > 1 else []
    parts += [(task, {name: [base[name][task], new[name][task]] for name in base}) for task in tasks]
    return Sheet('Base classes, new classes, and the harmonic mean H', ['data', 'protocol', 'base', 'new', 'H'],
                 [[title, name, *(f'{value:.2f}' for value in (*pair, harmonic_mean(*pair)))]
                  for title, found in parts for name, pair in found.items()])
