"""AccuracyMatrix: the numbers of the papers, by hand."""
import pytest

from vpt_mm.engine import AccuracyMatrix, CommonAccuracies
from vpt_mm.engine.accuracy_matrix import matrix_from
from vpt_mm.errors import UsageError

ROWS = [[90.], [70., 80.], [60., 85., 50.]]


def test_averages_and_forgetting():
    matrix = AccuracyMatrix()
    for row in ROWS:
        matrix.add(row)
    assert matrix.summary() == pytest.approx({
        'average accuracy': (60 + 85 + 50) / 3, 'average incremental accuracy': (90 + 75 + 65) / 3,
        'forgetting': ((90 - 60) + (80 - 85)) / 2})  # what got better counts as less than nothing


def test_the_best_may_be_long_ago():
    assert AccuracyMatrix([[50.], [90., 0.], [70., 0., 0.], [60., 0., 0., 0.]]).forgetting == pytest.approx(30 / 3)


def test_one_task_forgets_nothing():
    assert AccuracyMatrix([[75.]]).summary() == {'average accuracy': 75., 'average incremental accuracy': 75.,
                                                  'forgetting': 0.}


def test_the_table():
    assert AccuracyMatrix(ROWS[:2]).table() == ('| after | task 1 | task 2 |\n| --- | --- | --- |\n'
                                                '| task 1 | 90.00 |  |\n| task 2 | 70.00 | 80.00 |')


def test_one_test_set_of_all_tasks():
    matrix = CommonAccuracies([[40.]])
    matrix.add([60.])
    assert matrix.summary() == {'average accuracy': 60., 'average incremental accuracy': 50.}
    assert matrix.table() == '| after | all |\n| --- | --- |\n| task 1 | 40.00 |\n| task 2 | 60.00 |'


def test_rows_tell_the_kind_of_matrix():
    for matrix in (AccuracyMatrix(ROWS), AccuracyMatrix(ROWS[:1]), CommonAccuracies([[40.], [60.], [50.]])):
        found = matrix_from(matrix.rows)
        assert type(found) is type(matrix) and found.summary() == matrix.summary()
    for rows, told in (([[1.], [1., 2.], [1.]], '1, 2, 1'), ([[], []], '0, 0'), ([], 'none')):
        with pytest.raises(UsageError, match=f'got rows of {told}'):
            matrix_from(rows)


def test_a_task_is_tested_once_it_was_trained():
    matrix = AccuracyMatrix(ROWS)
    assert matrix.at(1, after=2) == 85.
    with pytest.raises(UsageError, match='once it was trained: after task 1 there are accuracies on tasks 0..1, got'):
        matrix.at(2, after=1)
    with pytest.raises(UsageError, match='tasks 0..2 are over, and there is no accuracy after task 3'):
        matrix.at(0, after=3)
