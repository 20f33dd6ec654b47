"""Fashion-MNIST (Xiao et al. 2017, arXiv:1708.07747; MIT licence): clothes in the four IDX files of MNIST's names."""
import functools
import zlib
from pathlib import Path

import numpy as np

from ...errors import UsageError
from .idx import read_idx
from .places import find_place

CLASSES = ('T-shirt/top', 'trouser', 'pullover', 'dress', 'coat', 'sandal', 'shirt', 'sneaker', 'bag', 'ankle boot')
FOLDERS, SYSTEM = ('fashion-mnist', 'FashionMNIST/raw'), '/usr/share/datasets/fashion-mnist'  # the last is Debian's
GET = ('install Debian\'s or Ubuntu\'s package, "apt-get install dataset-fashion-mnist"; or run '
       '"torchvision.datasets.FashionMNIST(\'data\', download=True)"; or put the four IDX files of '
       'https://github.com/zalandoresearch/fashion-mnist, plain or as .gz, into data/fashion-mnist.')
SIDE = 28
SIZES = dict(train=60_000, t10k=10_000)
# CRC-32 of the numbers behind the headers: MNIST, KMNIST and others have files of the same names and sizes.
SUMS = {'train-images-idx3-ubyte': 0xae65dccd, 'train-labels-idx1-ubyte': 0x2ed6e46a,
        't10k-images-idx3-ubyte': 0x12728439, 't10k-labels-idx1-ubyte': 0x242bc73f}


@functools.lru_cache(maxsize=2)
def load_fashion(part: str, root: str = 'data') -> tuple[np.ndarray, np.ndarray]:
    """Images (N, 28, 28), bright on black, and labels (N,), both uint8; read once in a process.

    Args:
        part: 'train', 60,000 images, or 't10k', 10,000.
        root: folder of the files, or one that holds such a folder (``FOLDERS``); then Debian's is looked at.

    Raises:
        UsageError: files that are not there, damaged, or of other data.
    """
    place = find_place('Fashion-MNIST', root, below=FOLDERS, system=SYSTEM, holds='*-idx?-ubyte*', get=GET)
    count = SIZES[part]
    return (_read(place, f'{part}-images-idx3-ubyte', (count, SIDE, SIDE)),
            _read(place, f'{part}-labels-idx1-ubyte', (count,)))


def _read(place, name, shape):
    path = next((path for path in (place / name, place / f'{name}.gz') if path.is_file()), None)
    if path is None:
        raise UsageError(f'{place} has neither {name} nor {name}.gz. To get it, {GET}')
    numbers = read_idx(Path(path), shape)
    if zlib.crc32(numbers.tobytes()) != SUMS[name]:
        raise UsageError(f'{path} has other numbers than Fashion-MNIST: it is damaged, or of other data in the same '
                         f'format, such as MNIST. To get it, {GET}')
    return numbers
