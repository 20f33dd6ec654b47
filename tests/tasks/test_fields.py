"""Each field takes what it says and nothing else."""
import pytest

from vpt_mm.errors import UsageError
from vpt_mm.tasks.fields import Choice, Flag, Number, Text, Whole, shown

LONG = 16 ** 5000


@pytest.mark.parametrize('field, good, bad', [
    (Whole(1, 8), [1, 8], [0, 9, True, 1.0, '1', None, [1], LONG]),
    (Number(0, 1), [0, 1, 0.5], [-0.1, 1.1, float('nan'), float('inf'), True, '0', LONG]),
    (Flag(), [True, False], [0, 1, 'true', None]),
    (Choice('a', 3), ['a', 3], ['b', 3.0, True, ['a'], None]),
    (Choice(1), [1], [True, 1.0]),
    (Text(3), ['', 'abc', 'é中🙂'], ['abcd', 'a\n', '\x1b', '\x85', '\ud800', b'a', 3]),
    (Text(9, pattern=r'[\w.]+', rule='the name of a layer'), ['qkv', 'attn.proj'], ['', '../x', 'a b'])])
def test_what_a_field_takes(field, good, bad):
    for value in good:
        field.check(value, 'here')
        assert field.fits(value)
    for value in bad:
        assert not field.fits(value)
        with pytest.raises(UsageError, match='^here in a task file must be '):
            field.check(value, 'here')


def test_configs_say_some_things_otherwise():
    assert Choice('BN', aliases=dict(SyncBN='BN')).clean('SyncBN') == 'BN'
    assert type(Choice(1, 2).clean(2.0)) is int and Choice(1, 2).clean(True) is True
    assert Whole(1, 2).clean(((1, 2), dict(a=(3,)))) == [[1, 2], dict(a=[3])]


@pytest.mark.parametrize('value, words', [
    ([LONG], 'of very many digits'), ('x' * 10 ** 6, '...'), (list(range(10 ** 6)), '...'), ('a\x1b[0m', r'\x1b')])
def test_a_message_shows_the_beginning(value, words):
    assert words in shown(value) and len(shown(value)) < 100
