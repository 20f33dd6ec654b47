"""AccuracyMatrix: how well each task is solved after each of them, and what papers make of that."""


class AccuracyMatrix:
    """``rows[i][t]``: accuracy in percent on task t after training on tasks 0..i, for t up to i.

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

    def table(self):
        """The matrix as Markdown, a row for each task that is over."""
        tasks = range(len(self.rows))
        lines = [['after', *(f'task {task + 1}' for task in tasks)], ['---'] * (len(self.rows) + 1)]
        lines += [[f'task {number + 1}', *(f'{value:.2f}' for value in row), *[''] * (len(self.rows) - len(row))]
                  for number, row in enumerate(self.rows)]
        return '\n'.join('| ' + ' | '.join(line) + ' |' for line in lines)


def _mean(values):
    return sum(values) / len(values) if values else 0.
