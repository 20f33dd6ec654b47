"""The layout of base to new: classes that were trained on, classes that were not, and their harmonic mean."""
import statistics

from .sheet import Sheet, spread
from .table import by_task


def base_to_new_table(rows, *, base, new, others=()):
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
