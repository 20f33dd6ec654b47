"""Lists and objects hold exactly the entries that they say."""
import pytest

from vpt_mm.errors import UsageError
from vpt_mm.tasks.fields import Choice, Flag, Text, Whole
from vpt_mm.tasks.records import Listed, Maybe, Named, OneOf, Record, Typed

NORM = Record(dict(type=Choice('BN', 'LN', aliases=dict(SyncBN='BN'))), optional=dict(eps=Whole(0, 9)),
              training=('momentum',))
HEAD = Typed(dict(A=Record(dict(size=OneOf(Whole(1, 9), Listed(Whole(1, 9), 2, 2)), norm=Maybe(NORM))), B=Record({})))


@pytest.mark.parametrize('value', [
    dict(type='A', size=3, norm=None), dict(type='A', size=[3, 4], norm=dict(type='BN')),
    dict(type='A', size=3, norm=dict(type='LN', eps=1)), dict(type='B')])
def test_what_is_taken(value):
    HEAD.check(value, 'head')


@pytest.mark.parametrize('value, reason', [
    (3, 'head in a task file must be an object whose type is one of A, B, got 3'),
    (dict(size=3), 'head in a task file must be an object whose type is'),
    (dict(type='C'), "head.type in a task file must be .* one of A, B, got 'C'"),
    (dict(type=['A']), 'head.type in a task file must be'),
    (dict(type='B', size=3), "head in a task file is an object with no entries; there is no 'size'"),
    (dict(type='A', size=3), 'head in a task file is an object with size, norm; norm is missing'),
    (dict(type='A', size=3, norm=None, nomr=1), r"there is no 'nomr'\. Did you mean norm\?"),
    (dict(type='A', size=[3], norm=None), r'head.size .* a list of 2, each .*, got \[3\]'),
    (dict(type='A', size=3, norm=dict(type='LN', eps=True)), 'head.norm.eps in a task file must be a whole number'),
    (dict(type='A', size=3, norm=dict(eps=1)), 'head.norm .* type is missing')])
def test_what_is_refused(value, reason):
    with pytest.raises(UsageError, match=reason):
        HEAD.check(value, 'head')


def test_lists_and_names():
    names = Named(Listed(Text(2), 1, 2), 1)
    names.check(dict(a=['b', 'c']), 'x')
    for value in (dict(a=[]), dict(a=['b'] * 3), dict(a=['bcd']), dict(a=['b'], c=['d']), {'a\n': ['b']}, {3: ['b']},
                  []):
        with pytest.raises(UsageError):
            names.check(value, 'x')


def test_configs_are_brought_to_its_words():
    assert NORM.clean(dict(type='SyncBN', momentum=0.1, _scope_='mmseg', eps=2)) == dict(type='BN', eps=2)
    assert NORM.clean(dict(type='BN', more=(1, 2))) == dict(type='BN', more=[1, 2])  # which check() then refuses
    sizes = OneOf(Flag(), Listed(Whole(1, 9), 2, 2))
    assert sizes.clean((3, 4)) == [3, 4] and sizes.clean('x') == 'x' and Maybe(NORM).clean(None) is None
