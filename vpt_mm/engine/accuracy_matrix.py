"""AccuracyMatrix: how well each task is solved after each of them, and what papers make of that."""
from ..errors import UsageError, some


class AccuracyMatrix:
    """``rows[i][t]``: accuracy in percent on task t after training on tasks 0..i, for t up to i.

    A task may be classes, a domain or a dataset: all that counts is that it has test images of its own.

    Args:
        rows: of an earlier part of the run.
    """

    def __init__(self, rows=()):
        self.rows = [list(row) for row in rows]

    def __len__(self):
        return len(self.rows)

    def add(self, row):
        """Add the accuracies on tasks 0..i, where i is the task that is over."""
        assert len(row) == len(self.rows) + 1
        self.rows.append(list(row))

    def at(self, task, *, after):
        """Accuracy on a task after another; both from 0.

        Raises:
            UsageError: a task that is not over, or one that was trained later.
        """
        if not 0 <= after < len(self.rows):
            raise UsageError(f'tasks 0..{len(self.rows) - 1} are over, and there is no accuracy after task {after}.')
        if not 0 <= task < len(self.rows[after]):
            raise UsageError(f'a task is tested once it was trained: after task {after} there are accuracies on tasks '
                             f'0..{len(self.rows[after]) - 1}, got task {task}.')
        return self.rows[after][task]

    @property
    def average(self):
        """Average accuracy: the mean over all tasks after the last one (Wang et al. 2022, L2P; A_T of others)."""
        return _mean(self.rows[-1])

    @property
    def average_incremental(self):
        """Average incremental accuracy: the mean over i of the average accuracy after task i (Rebuffi et al. 2017).

        Of tasks of different size some count accuracies over all images of the tasks, which is not the same.
        """
        return _mean([_mean(row) for row in self.rows])

    @property
    def forgetting(self):
        """Mean, over all tasks but the last, of the best accuracy before the last task, less that at the end.

        As Chaudhry et al. 2018 define it; 0 for one task.
        """
        last = len(self.rows) - 1
        return _mean([max(row[task] for row in self.rows[task:last]) - self.rows[last][task] for task in range(last)])

    def summary(self):
        """The three numbers by name, in percent."""
        return {'average accuracy': self.average, 'average incremental accuracy': self.average_incremental,
                'forgetting': self.forgetting}

    @property
    def columns(self):
        """What each column is the accuracy on."""
        return [f'task {task + 1}' for task in range(len(self.rows))]

    def table(self):
        """The matrix as Markdown, a row for each task that is over."""
        columns = self.columns
        lines = [['after', *columns], ['---'] * (len(columns) + 1)]
        lines += [[f'task {number + 1}', *(f'{value:.2f}' for value in row), *[''] * (len(columns) - len(row))]
                  for number, row in enumerate(self.rows)]
        return '\n'.join('| ' + ' | '.join(line) + ' |' for line in lines)


class CommonAccuracies(AccuracyMatrix):
    """``rows[i][0]``: accuracy in percent on one test set of all tasks after training on tasks 0..i, as of CORe50.

    What a domain forgets can't be read from it, so that there is no forgetting.
    """

    def add(self, row):
        """Add the accuracy after the task that is over, a list of one."""
        assert len(row) == 1
        self.rows.append(list(row))

    def summary(self):
        """The two numbers that there are, by name, in percent."""
        return {'average accuracy': self.average, 'average incremental accuracy': self.average_incremental}

    @property
    def columns(self):
        return ['all']


def matrix_from(rows):
    """The matrix of a run that is over, as its rows show; of one row alone, an :class:`AccuracyMatrix`.

    Raises:
        UsageError: rows of neither.
    """
    lengths = [len(row) for row in rows]
    if lengths and lengths == list(range(1, len(rows) + 1)):
        return AccuracyMatrix(rows)
    if lengths and set(lengths) == {1}:
        return CommonAccuracies(rows)
    raise UsageError('accuracies are a row for each task that is over, of 1, 2, 3, ... numbers, or of one each, got '
                     f'rows of {some(lengths) or "none"}.')


def _mean(values):
    return sum(values) / len(values) if values else 0.
