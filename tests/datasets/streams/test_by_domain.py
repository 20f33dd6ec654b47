"""DomainStream: tasks share the classes and differ in where images come from."""
import pytest
from mmengine.dataset import ConcatDataset

from tests.streams import SixClasses
from vpt_mm.datasets import DomainStream
from vpt_mm.errors import UsageError


@pytest.fixture
def rooms():
    return SixClasses(per_class=4, rooms=('hall', 'attic'))


def test_a_field_tells_the_domain(rooms):
    stream = DomainStream(rooms, classes=6, field='room')
    assert stream.order == ['attic', 'hall'] and stream.labels == [(0, 1, 2, 3, 4, 5)] * 2 and not stream.common
    for name, part in zip(stream.order, stream.parts):
        assert {rooms.get_data_info(index)['room'] for index in part.indices} == {name}
    assert sorted(stream.parts[0].indices + stream.parts[1].indices) == list(range(len(rooms)))
    turned = DomainStream(rooms, classes=6, field='room', order=['hall', 'attic'])
    assert [part.indices for part in turned.parts] == [part.indices for part in reversed(stream.parts)]
    assert turned.describe() != stream.describe() == DomainStream(rooms, classes=6, field='room').describe()


def test_each_joined_dataset_is_a_domain(rooms):
    both = ConcatDataset([rooms, SixClasses(extra=0)])
    stream = DomainStream(both, classes=6)
    assert [part.indices for part in stream.parts] == [[*range(27)], [*range(27, 39)]]
    assert [len(part) for part in stream.tests(ConcatDataset([SixClasses(extra=0), rooms]))] == [12, 27]


def test_one_test_set_of_all(rooms):
    stream = DomainStream(rooms, classes=6, field='room', common=True)
    test = SixClasses(rooms=('cellar', ))
    assert stream.common and [part.indices for part in stream.tests(test)] == [[*range(15)]]


@pytest.mark.parametrize('options, message', [
    (dict(), r'without field takes each dataset of ConcatDataset for a domain, got a SixClasses'),
    (dict(field='floor'), 'floor of get_data_info.. must be a number or a name, .* SixClasses has None'),
    (dict(field='room', order=['hall']), r'name each domain once, which are attic, hall, got \[.hall.\]'),
    (dict(field='room', order=['hall', 'attic', 'hall']), 'name each domain once'),
    (dict(field='room', order=['hall', 'cellar']), 'name each domain once'),
    (dict(field='room', classes=7), 'every class needs images of a domain, and there is none of 6'),
    (dict(field='room', classes=5), 'labels 0..4, and the dataset has 5')], ids=str)
def test_what_is_no_stream_of_domains(rooms, options, message):
    with pytest.raises(UsageError, match=message):
        DomainStream(rooms, **{'classes': 6, **options})


def test_a_domain_is_trained_and_tested(rooms):
    stream = DomainStream(rooms, classes=6, field='room')
    with pytest.raises(UsageError, match='no task trains cellar: set common=True'):
        stream.tests(SixClasses(rooms=('hall', 'attic', 'cellar'), per_class=3))
    with pytest.raises(UsageError, match='no test image is of attic: set common=True'):
        stream.tests(SixClasses(rooms=('hall', )))
