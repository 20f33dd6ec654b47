"""The data of the continual streams, in their own layouts, at a size that a test can train."""
import os
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.io import savemat


def write_stream(root, stream):
    """Write a few images of every class and, where tasks are sessions or datasets, of every task."""
    WRITERS[stream](Path(root), np.random.default_rng(0))


def write_cifar(root, rng, *, coarse=1, names=('train', 'test'), folder='cifar-100-binary', each=1):
    """Records of the binary version: labels, then red, green and blue pixels."""
    classes = 100 if coarse else 10
    (root / folder).mkdir()
    for name in names:
        labels = np.tile(np.arange(classes, dtype=np.uint8), each)[:, None]
        records = np.concatenate([*[labels // 5] * coarse, labels, rng.integers(
            0, 256, (len(labels), 3072), dtype=np.uint8)], axis=1)
        records.tofile(root / folder / f'{name}.bin')


def write_digits(folder, rng, *, each=1):
    """The four files of MNIST."""
    folder.mkdir()
    labels = np.tile(np.arange(10, dtype=np.uint8), each)
    images = rng.integers(0, 256, (len(labels), 28, 28), dtype=np.uint8)
    for part in ('train', 't10k'):
        for name, array in ((f'{part}-images-idx3-ubyte', images), (f'{part}-labels-idx1-ubyte', labels)):
            header = [2048 + array.ndim, *array.shape]
            (folder / name).write_bytes(np.array(header, '>i4').tobytes() + array.tobytes())


def write_svhn(folder, rng, *, each=1):
    folder.mkdir()
    for split in ('train', 'test'):
        labels = np.tile(np.arange(1, 11, dtype=np.uint8), each)[:, None]
        images = rng.integers(0, 256, (32, 32, 3, len(labels)), dtype=np.uint8)
        savemat(folder / f'{split}_32x32.mat', dict(X=images, y=labels))


def write_folders(folders, rng, *, each=1, mode='RGB'):
    """Images of noise; those of a folder are one file."""
    for folder in folders:
        folder.mkdir(parents=True)
        shape = (32, 32, 3) if mode == 'RGB' else (28, 28)
        Image.fromarray(rng.integers(0, 256, shape, dtype=np.uint8)).save(folder / '0.png')
        for copy in range(1, each):
            os.link(folder / '0.png', folder / f'{copy}.png')


def write_five(root, rng):
    batches = [*(f'data_batch_{number}' for number in range(1, 6)), 'test_batch']
    write_cifar(root, rng, coarse=0, names=batches, folder='cifar-10-batches-bin')
    write_digits(root / 'mnist', rng)
    write_svhn(root / 'svhn', rng)
    write_folders([root / 'notMNIST_small' / letter for letter in 'ABCDEFGHIJ'], rng, each=2, mode='L')
    write_digits(root / 'fashion-mnist', rng)


WRITERS = {
    'cifar100': write_cifar,
    'imagenet-r': lambda root, rng: write_folders(
        [root / 'imagenet-r' / f'n{number:08}' for number in range(200)], rng, each=6),
    '5-datasets': write_five,
    'core50': lambda root, rng: write_folders(
        [root / 'core50_128x128' / f's{session}' / f'o{number}' for session in range(1, 12) for number in range(1, 51)],
        rng)}
