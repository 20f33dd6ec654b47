"""ClassStream: each class belongs to one task."""
import copy

import numpy as np
import pytest

from vpt_mm.datasets import ClassStream, SingleDigitsDataset
from vpt_mm.datasets.labels import labels_of
from vpt_mm.datasets.streams.by_class import share_classes
from vpt_mm.errors import UsageError


@pytest.fixture(scope='module')
def digits():
    return SingleDigitsDataset(split='training', images=60, size=16)


@pytest.mark.parametrize('tasks', [5, [[9, 0], [1], [2, 3, 4], [5, 6, 7, 8]]])
def test_each_image_is_in_the_task_of_its_class(digits, tasks):
    stream, seen = ClassStream(digits, classes=10, tasks=tasks), []
    assert [part.indices for part in stream.tests(digits)] == [part.indices for part in stream.parts]
    for own, part in zip(stream.labels, stream.parts, strict=True):
        labels = [int(digits[index]['gt_label']) for index in part.indices]
        assert {int(part[number]['gt_label']) for number in range(len(part))} == {*labels} <= {*own}
        assert np.array_equal(part[0]['img'], digits[part.indices[0]]['img'])
        seen += part.indices
    assert sorted(seen) == list(range(60))
    assert stream.parts[0].metainfo == digits.metainfo and copy.deepcopy(stream.parts[0]) is stream.parts[0]


def test_classes_stay_in_order_or_are_shuffled_by_the_seed():
    assert share_classes(6, tasks=3) == [(0, 1), (2, 3), (4, 5)]
    shuffled = share_classes(100, tasks=10, seed=1993)
    assert shuffled == share_classes(100, tasks=10, seed=1993) != share_classes(100, tasks=10, seed=1)
    assert sorted(label for task in shuffled for label in task) == list(range(100))
    assert shuffled[0][:5] == (68, 56, 78, 8, 23)  # the order that class-incremental papers know by this seed
    assert len(shuffled) == 10


@pytest.mark.parametrize('given, message', [
    (dict(tasks=3), '10 classes are not a multiple of 3 tasks'), (dict(tasks=0), 'tasks must be a whole number'),
    (dict(tasks=[[0, 1, 2, 3, 4], [4, 5, 6, 7, 9]]), '4 to several and 8 to none'),
    (dict(tasks=[[*range(9)]]), 'belongs to one task: 9 to none'),
    (dict(tasks=[[*range(10)], [3]]), 'belongs to one task: 3 to several'),
    (dict(tasks=[[*range(10)], []]), 'a list with the labels of each task'), (dict(tasks=[]), 'a list with the labels'),
    (dict(tasks=[[*range(11)]]), 'whole numbers 0..9, got 10'), (dict(tasks=[[*range(9), True]]), 'got True'),
    (dict(tasks=[[*range(10)]], seed=1), 'nothing to shuffle')], ids=str)
def test_one_error_where_classes_are_not_shared(given, message):
    with pytest.raises(UsageError, match=message):
        share_classes(10, **given)


def test_what_a_dataset_lacks(digits):
    with pytest.raises(UsageError, match='labels 0..3, and the dataset has 4, 5'):
        ClassStream(digits, classes=4, tasks=2)
    with pytest.raises(UsageError, match=r'none of the classes \[10, 11\] of task 5'):
        ClassStream(digits, classes=12, tasks=6)
    with pytest.raises(UsageError, match='list has none'):
        labels_of([1, 2])
