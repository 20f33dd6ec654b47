"""Fashion-MNIST as packages and people lay it down."""
import numpy as np
import pytest

from tests.real import idx, write_fashion
from vpt_mm.datasets.real import fashion
from vpt_mm.datasets.real.fashion import load_fashion
from vpt_mm.errors import UsageError


@pytest.mark.parametrize('place', ['.', 'fashion-mnist', 'FashionMNIST/raw', 'system'])
@pytest.mark.parametrize('packed', [False, True])
def test_it_is_found_where_it_lies(place, packed, nowhere, monkeypatch):
    arrays = write_fashion(nowhere / place, monkeypatch, packed=packed)
    images, labels = load_fashion('t10k', str(nowhere))
    assert np.array_equal(images, arrays['t10k-images-idx3-ubyte'])
    assert np.array_equal(labels, arrays['t10k-labels-idx1-ubyte'])


def test_it_is_nowhere(nowhere):
    with pytest.raises(UsageError, match='^no Fashion-MNIST in .*/raw, .*: .*apt-get install dataset-fashion'):
        load_fashion('train', str(nowhere))


def test_other_data_of_the_same_format_are_told(nowhere, monkeypatch):
    arrays = write_fashion(nowhere, monkeypatch, packed=False)
    name = 't10k-labels-idx1-ubyte'
    (nowhere / name).write_bytes(idx(arrays[name][::-1]))
    with pytest.raises(UsageError, match='t10k-labels-idx1-ubyte has other numbers than Fashion-MNIST'):
        load_fashion('t10k', str(nowhere))


def test_a_file_is_missing(nowhere, monkeypatch):
    write_fashion(nowhere, monkeypatch)
    (nowhere / 'train-labels-idx1-ubyte.gz').unlink()
    with pytest.raises(UsageError, match='has neither train-labels-idx1-ubyte nor .*.gz. To get it, install'):
        load_fashion('train', str(nowhere))


def test_the_package_is_read():
    """With Debian's package: the sizes, the sums and the classes are those of the real data."""
    try:
        _, labels = load_fashion('t10k', '')
    except UsageError:
        pytest.skip('Fashion-MNIST is not here: apt-get install dataset-fashion-mnist')
    assert np.bincount(labels).tolist() == [1000] * len(fashion.CLASSES)
