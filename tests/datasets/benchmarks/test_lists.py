"""List files and the splits that they make."""
import json

import pytest

from vpt_mm.datasets import find_task
from vpt_mm.datasets.benchmarks.lists import read_split
from vpt_mm.errors import UsageError

CUB, DTD = find_task('cub'), find_task('dtd')


def write(folder, **files):
    for name, content in files.items():
        kind = 'txt' if isinstance(content, str) else 'json'
        (folder / f'{name}.{kind}').write_text(content if kind == 'txt' else json.dumps(content))


def test_text_and_json_say_the_same(tmp_path):
    write(tmp_path, test='a b/1.jpg 3\n\nc.jpg 46\n', val200={'a b/1.jpg': 3, 'c.jpg': 46})
    expected = [('a b/1.jpg', 3), ('c.jpg', 46)]
    assert read_split(tmp_path, 'test', task=DTD) == read_split(tmp_path, 'val200', task=DTD) == expected


def test_a_tenth_is_held_out_where_there_is_no_validation_file(tmp_path):
    write(tmp_path, train={f'{index}.jpg': index % 200 for index in range(400)})
    train, val, both = (read_split(tmp_path, split, task=CUB) for split in ('train', 'val', 'trainval'))
    assert (len(train), len(val), len(both)) == (360, 40, 400)
    assert sorted(train + val) == sorted(both)
    assert val == read_split(tmp_path, 'val', task=CUB)
    assert val != both[:40] and val != both[-40:]


def test_the_validation_file_counts_where_there_is_one(tmp_path):
    write(tmp_path, train='a.jpg 0\n' * 20, val='b.jpg 1\n')
    assert len(read_split(tmp_path, 'train', task=CUB)) == 20
    assert read_split(tmp_path, 'val', task=CUB) == [('b.jpg', 1)]
    assert len(read_split(tmp_path, 'trainval', task=CUB)) == 21
    write(tmp_path, trainval='c.jpg 2\n')
    assert read_split(tmp_path, 'trainval', task=CUB) == [('c.jpg', 2)]


def test_sparse_labels_of_json_are_numbered_in_their_order(tmp_path):
    write(tmp_path, test={f'{label}.jpg': label for label in range(1000, 0, -5)})
    found = read_split(tmp_path, 'test', task=CUB)
    assert found[0] == ('1000.jpg', 199) and found[-1] == ('5.jpg', 0)


@pytest.mark.parametrize('content, words', [
    ('a.jpg 47\n', r'labels of dtd must be 0\.\.46, got 47 for a.jpg'), ('a.jpg -1\n', r'got -1 for a.jpg'),
    ('a.jpg 0\nb.jpg\n', r"line 2: a path and a whole number are needed, got 'b.jpg'"), ('\n', 'lists no image'),
    ({'a.jpg': 'x'}, 'must be an object {path: label}'), ([1], 'must be an object'),
    ({'a.jpg': 60}, r'must be 0\.\.46, got 60'), ('a.jpg ' + 5000 * '9', 'a whole number'), ('a.jpg \u00b2', 'number'),
    ({'a.jpg': '9' * 5000}, 'must be an object'), ({'a.jpg': float('inf')}, 'must be an object')])
def test_broken_lists_are_refused(tmp_path, content, words):
    write(tmp_path, test=content)
    with pytest.raises(UsageError, match=words):
        read_split(tmp_path, 'test', task=DTD)


@pytest.mark.parametrize('path', ['/etc/passwd', '../other/a.jpg', 'a/../../b.jpg', 'C:\\a.jpg', '\\\\host\\a.jpg',
                                  '..\\a.jpg', '//host/a.jpg', 'a\0.jpg'])
def test_lists_do_not_lead_out_of_their_folder(tmp_path, path):
    for name, content in (('test', f'good.jpg 1\n{path} 3\n'), ('val200', {'good.jpg': 1, path: 3})):
        write(tmp_path, **{name: content})
        with pytest.raises(UsageError, match='a list names images below its folder, got'):
            read_split(tmp_path, name, task=DTD)


def test_lists_are_text(tmp_path):
    for name in ('test.txt', 'val200.json'):
        (tmp_path / name).write_bytes(b'\xff\xfe a.jpg 3')
        with pytest.raises(UsageError, match=r'is not text in UTF-8|must be an object'):
            read_split(tmp_path, name.partition('.')[0], task=DTD)
    (tmp_path / 'train800.json').write_text('[' * 100_000)
    with pytest.raises(UsageError, match='must be an object'):
        read_split(tmp_path, 'train800', task=DTD)


def test_missing_lists_and_splits_are_named(tmp_path):
    with pytest.raises(UsageError, match='no train800.txt or train800.json in'):
        read_split(tmp_path, 'val200', task=DTD)
    with pytest.raises(UsageError, match="dtd has the splits train800, val200, train800val200 and test, got 'train'"):
        read_split(tmp_path, 'train', task=DTD)
