"""Is one protocol better than another, or was it chance? The two tests of the paper's appendix."""
import math
import warnings

from ..errors import UsageError
from .sheet import Sheet
from .table import by_task, means
from .table_one import require_same_tasks, require_seeds


def wilcoxon(rows, *, contender, alternative='greater'):
    """Wilcoxon's signed-rank test over tasks, of the contender's means against every other protocol's.

    Args:
        rows: final runs.
        alternative: 'greater', 'less' or 'two-sided', as scipy names them.

    Returns:
        dict: {protocol: scipy's result with ``statistic`` and ``pvalue``}.

    Raises:
        UsageError: no other protocol, protocols on other tasks than each other, fewer than two tasks, or no task on
            which two differ.
    """
    from scipy import stats
    scores = means(rows)
    require_same_tasks(scores)
    own = _pop(contender, scores)
    if len(own) < 2:
        raise UsageError(f'a signed-rank test over tasks needs two or more, got {len(own)}.')
    found = {}
    for protocol, values in scores.items():
        differences = [round(own[task] - values[task], 9) for task in own]  # equal ones must be equal, to tie in rank
        if not any(differences):
            raise UsageError(f'{contender} and {protocol} have the same score on every task: there is nothing to test.')
        found[protocol] = stats.wilcoxon(differences, alternative=alternative)
    return found


def welch(rows, *, contender, alternative='greater'):
    """Welch's t-test over seeds, on every task, of the contender against every other protocol.

    Arguments as of :func:`wilcoxon`.

    Returns:
        dict: {protocol: {task: scipy's result}}.

    Raises:
        UsageError: no other protocol, or fewer than two seeds.
    """
    from scipy import stats
    values = by_task(rows)
    require_same_tasks(values)
    for protocol, tasks in values.items():
        for task, seeds in tasks.items():
            require_seeds(protocol, task, seeds)
    own = _pop(contender, values)
    with warnings.catch_warnings():
        warnings.filterwarnings('ignore', 'Precision loss', RuntimeWarning)  # seeds may well agree to the last image
        return {protocol: {task: stats.ttest_ind(own[task], seeds, equal_var=False, alternative=alternative)
                           for task, seeds in tasks.items()} for protocol, tasks in values.items()}


def _pop(contender, found):
    own = found.pop(contender)
    if not found:
        raise UsageError(f'a test compares {contender} with other protocols, got none: name some with --protocols, or '
                         'leave it out.')
    return own


def wilcoxon_sheet(rows, *, contender, alternative='greater'):
    """:func:`wilcoxon` as a sheet."""
    found = wilcoxon(rows, contender=contender, alternative=alternative)
    return Sheet(f'Wilcoxon signed-rank test over tasks: {contender} {alternative}', ['against', 'W', 'p'],
                 [[protocol, f'{test.statistic:g}', f'{test.pvalue:.2g}'] for protocol, test in found.items()])


def welch_sheet(rows, *, contender, alternative='greater'):
    """:func:`welch` as a sheet: p-values."""
    found = welch(rows, contender=contender, alternative=alternative)
    tasks = list(dict.fromkeys(row['task'] for row in rows))
    same = any(math.isnan(test.pvalue) for tests in found.values() for test in tests.values())
    return Sheet(f"Welch's t-test over seeds, p-values: {contender} {alternative}", ['against', *tasks],
                 [[protocol, *(f'{tests[task].pvalue:.2g}' for task in tasks)] for protocol, tests in found.items()],
                 'nan: neither protocol varies over seeds' if same else '')
