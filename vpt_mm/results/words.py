"""The papers' tables of words: base and new classes, and a column for each task, such as pairs of domains."""
import statistics

from ..errors import UsageError
from .sheet import Sheet, spread
from .table import by_task, means
from .table_one import require_same_tasks


def base_to_new_sheet(rows):
    """A sheet of base, new and H: first the mean over all tasks, then each task (Zhou et al. 2022, CVPR, table 3).

    H is the harmonic mean of the two accuracies, and that of the mean is of the two means, as in the paper.

    Args:
        rows: final runs, whose columns ``base`` and ``new`` are accuracies on these classes.

    Raises:
        UsageError: rows without these columns, or protocols on other tasks than each other.
    """
    if not all(isinstance(row.get(part), (int, float)) for row in rows for part in ('base', 'new')):
        raise UsageError('a table of base and new classes needs the columns base and new: run a sweep with these two '
                         'tests, as configs/sweeps/words_base-to-new.py.')
    base, new = (means([dict(row, value=row[part]) for row in rows]) for part in ('base', 'new'))
    require_same_tasks(base)
    tasks = list(dict.fromkeys(row['task'] for row in rows))
    parts = [(f'mean over {len(tasks)}', {name: [statistics.fmean(found[name].values()) for found in (base, new)]
                                          for name in base})] if len(tasks) > 1 else []
    parts += [(task, {name: [base[name][task], new[name][task]] for name in base}) for task in tasks]
    return Sheet('Base classes, new classes, and the harmonic mean H', ['data', 'protocol', 'base', 'new', 'H'],
                 [[title, name, *(f'{value:.2f}' for value in (*pair, statistics.harmonic_mean(pair)))]
                  for title, found in parts for name, pair in found.items()])


def pair_sheet(rows, *, base, new, others=()):
    """A sheet with a row for each protocol: means over seeds with their deviations, and the harmonic mean H of the two
    means (Zhou et al. 2022, CVPR).

    Args:
        rows: final runs.
        base, new: names of the two tasks.
        others: of more tasks.
    """
    sheet = []
    for protocol, values in by_task(rows).items():
        harmonic = statistics.harmonic_mean([statistics.fmean(values[task]) for task in (base, new)])
        tuned = next(row['tuned'] for row in rows if row['protocol'] == protocol)
        sheet.append([protocol, f'{tuned:,}', *(spread(values[task]) for task in (base, new)), f'{harmonic:.2f}',
                      *(spread(values[task]) for task in others)])
    return Sheet('Base to new', ['protocol', 'tuned parameters', base, new, 'H', *others], sheet)


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
