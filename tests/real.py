"""Small data in the formats of those that are installed by name."""
import gzip
import json
import zlib

import numpy as np
from PIL import Image

from vpt_mm.datasets.real import emoji, fashion, stamps, table


def nothing_installed(monkeypatch, folder):
    """Body of a fixture: nothing is installed where the data are looked for, or kept of what was read before."""
    monkeypatch.chdir(folder)
    for module in (fashion, stamps):
        monkeypatch.setattr(module, 'SYSTEM', str(folder / 'system'))
    caches = fashion.load_fashion, table._load_part, stamps.read_stamp, emoji.find_emoji, emoji._read
    for cached in caches:
        cached.cache_clear()
    yield folder
    for cached in caches:
        cached.cache_clear()


def idx(numbers):
    """An array as a file in the IDX format."""
    header = bytes([0, 0, 8, numbers.ndim]) + np.array(numbers.shape, '>u4').tobytes()
    return header + numbers.astype(np.uint8).tobytes()


def write_fashion(folder, monkeypatch, *, packed=True, each=6, tested=2):
    """The four files, for ``each`` images a class in training and ``tested`` in the test; these are what is asked for.

    Returns:
        dict: the arrays by the names of their files.
    """
    counts = dict(train=10 * each, t10k=10 * tested)
    rng = np.random.default_rng(0)
    arrays = {}
    for part, count in counts.items():
        arrays[f'{part}-images-idx3-ubyte'] = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        arrays[f'{part}-labels-idx1-ubyte'] = rng.permutation(np.arange(count) % 10).astype(np.uint8)
    monkeypatch.setattr(fashion, 'SIZES', counts)
    monkeypatch.setattr(fashion, 'SUMS', {name: zlib.crc32(array) for name, array in arrays.items()})
    monkeypatch.setattr(table, 'EACH', dict(train=each - 2, val=2))
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        content = idx(array)
        (folder / f'{name}{".gz" if packed else ""}').write_bytes(gzip.compress(content) if packed else content)
    return arrays


def write_stamps(folder, *, each=stamps.LEAST):
    """So many stamps of each class, 24x18 pixels of one colour, opaque but for a rim of two pixels."""
    for label, places in enumerate(stamps.CLASSES.values()):
        for number in range(each):
            pixels = np.zeros((18, 24, 4), np.uint8)
            pixels[..., :3] = [20 * label, 200, 40 * number % 256]
            pixels[2:-2, 2:-2, 3] = 255
            file = folder / places[number % len(places)] / f'{number}.png'
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(file)
    return folder


def write_emoji(folder, *, each=emoji.LEAST, alone=0):
    """Packages of both styles, with so many emoji of each class in both and some in the second alone."""
    for style, more in zip(emoji.STYLES, (0, alone)):
        groups = {group: [f'{name}-{number}' for number in range(each + more)] for name, group in emoji.CLASSES.items()}
        icons = {name: dict(body='<path d="M0 0h9v9z"/>') for own in groups.values() for name in own}
        (folder / style).mkdir(parents=True)
        (folder / style / 'metadata.json').write_text(json.dumps(dict(categories=groups)))
        (folder / style / 'icons.json').write_text(json.dumps(dict(prefix=style, icons=icons, width=36, height=24)))


def render_square(body, *, width, height, side, name):
    """In place of the renderer: a square of a colour that depends on the name."""
    return np.full((side, side, 4), [*zlib.crc32(name.encode()).to_bytes(4, 'big')[:3], 255], np.uint8)
