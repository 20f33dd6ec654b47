"""Files of the IDX format, whole and broken."""
import gzip

import numpy as np
import pytest

from tests.real import idx
from vpt_mm.datasets.real.idx import read_idx
from vpt_mm.errors import UsageError

NUMBERS = np.random.default_rng(0).integers(0, 256, (3, 4, 5), dtype=np.uint8)


@pytest.mark.parametrize('numbers', [NUMBERS, NUMBERS[0, 0]], ids=['images', 'labels'])
@pytest.mark.parametrize('packed', [False, True])
def test_what_was_written_is_read(numbers, packed, tmp_path):
    path = tmp_path / ('file.gz' if packed else 'file')
    path.write_bytes(gzip.compress(idx(numbers)) if packed else idx(numbers))
    assert np.array_equal(read_idx(path, numbers.shape), numbers)


@pytest.mark.parametrize('content, message', [
    (b'', 'begins with 00000803, and begins with nothing'),
    (b'hello' * 20, 'begins with 68656c6c'),
    (idx(NUMBERS[0]), 'begins with 00000802'),
    (idx(NUMBERS[:2]), r'shape \(3, 4, 5\), got \(2, 4, 5\): it belongs to other data'),
    (idx(NUMBERS)[:9], r'got \(3, 0, 0\)'),
    (idx(NUMBERS)[:-1], 'must have 76 bytes, and has 75, so it is cut off'),
    (idx(NUMBERS) + b'0', 'must have 76 bytes, and has more'),
], ids=['empty', 'another format', 'another dimension', 'another size', 'cut header', 'cut numbers', 'longer'])
@pytest.mark.parametrize('packed', [False, True])
def test_files_that_are_no_such_thing(content, message, packed, tmp_path):
    path = tmp_path / ('file.gz' if packed else 'file')
    path.write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(UsageError, match=message):
        read_idx(path, NUMBERS.shape)


def _flipped(content):
    return content[:20] + bytes([content[20] ^ 0xff]) + content[21:]


@pytest.mark.parametrize('damage', [lambda content: content[:-9], lambda content: content[:15], _flipped,
                                    lambda content: b'no gzip'], ids=['cut', 'cut header', 'flipped', 'another format'])
def test_packed_files_that_are_damaged(damage, tmp_path):
    path = tmp_path / 'file.gz'
    path.write_bytes(damage(gzip.compress(idx(NUMBERS))))
    with pytest.raises(UsageError, match='file.gz cannot be read .*: get it anew'):
        read_idx(path, NUMBERS.shape)


def test_no_more_is_unpacked_than_belongs_there(tmp_path):
    path = tmp_path / 'file.gz'
    path.write_bytes(gzip.compress(idx(NUMBERS) + bytes(10 ** 8), 1))
    with pytest.raises(UsageError, match='has more'):
        read_idx(path, NUMBERS.shape)
