"""The table of offline tasks, and their images."""
import functools
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...errors import UsageError, did_you_mean, require_counts
from ..share import share_by_class
from . import natural, specialized, sprites, structured, symbols
from .colours import SIZE
from .sources import PARTS

COUNTS = dict(zip(PARTS, (800, 200, 1000)))
SPLITS = dict(train800=('train',), val200=('val',), train800val200=('train', 'val'), test=('test',))


@dataclass(frozen=True)
class DrawnTask:
    """One row of the table.

    Attributes:
        group: 'natural', 'specialized' or 'structured', as in VTAB-1k (Zhai et al. 2019).
        classes: names of the classes.
        draw: ``draw(label, part=, rng=)``, an image (64, 64, 3) RGB uint8 of a class, where part names the
            sources that it may use: 'train', 'val' or 'test'.
    """

    group: str
    classes: tuple
    draw: Callable


def _numbers(count, first=0):
    return tuple(str(first + number) for number in range(count))


DRAWN_TASKS = dict(
    digit=DrawnTask('natural', _numbers(10), natural.digit),
    thing=DrawnTask('natural', tuple(natural.THINGS), natural.thing),
    turn=DrawnTask('natural', ('0', '90', '180', '270'), natural.turn),
    texture=DrawnTask('specialized', tuple(specialized.TEXTURES), specialized.texture),
    cells=DrawnTask('specialized', _numbers(6, 1), specialized.cells),
    relief=DrawnTask('specialized', ('N', 'NE', 'E', 'SE', 'S', 'SW', 'W', 'NW'), specialized.relief),
    location=DrawnTask('structured', _numbers(16), sprites.location),
    orientation=DrawnTask('structured', _numbers(16), sprites.orientation),
    count=DrawnTask('structured', _numbers(8, 3), structured.count),
    distance=DrawnTask('structured', _numbers(5), structured.distance),
    azimuth=DrawnTask('structured', _numbers(18), structured.azimuth))


def _symbols(kind, names, part, count=5):
    """A task of some letters or figures, each alone on an image: the part-th ``count`` of the names."""
    first = part * count

    def draw(label, *, part, rng):
        return symbols.draw_single(kind, first + label, rng=rng)
    return DrawnTask('symbols', tuple(names[first:first + count]), draw)


# Of what the small backbones were pretrained on, as ImageNet-21k has the classes of CIFAR-100.
SYMBOL_TASKS = {f'{kind}s-{part + 1}': _symbols(kind, names, part)
                for kind, names, parts in (('letter', symbols.LETTERS, 3), ('figure', symbols.FIGURES, 2))
                for part in range(parts)}


def find_drawn(name):
    """The row of a task.

    Raises:
        UsageError: no task of this name.
    """
    known = {**DRAWN_TASKS, **SYMBOL_TASKS}
    if name not in known:
        raise UsageError(f"task must be one of {', '.join(known)}, got {name!r}." + did_you_mean(name, known))
    return known[name]


def load_split(name, split, *, seed=0, fraction=1.):
    """Images of a split, (N, 64, 64, 3) RGB uint8, and their labels (N,); drawn once in a process.

    Args:
        name: of the task.
        split: a name in ``SPLITS``.
        seed: other seeds, other images.
        fraction: share of the images, of every class and at least one; no others are drawn.

    Raises:
        UsageError: an unknown task or split, a seed below 0, or a fraction outside (0, 1].
    """
    find_drawn(name)
    if split not in SPLITS:
        raise UsageError(f"split must be one of {', '.join(SPLITS)}, got {split!r}.")
    require_counts(least=0, seed=seed)
    labels = [labels_of(name, part, seed) for part in SPLITS[split]]  # in random order
    kept = share_by_class(np.concatenate(labels), fraction)
    shares = np.split(kept, np.searchsorted(kept, np.cumsum([len(own) for own in labels])[:-1]))
    first = np.cumsum([0, *map(len, labels)])
    parts = [_draw_part(name, part, seed, tuple(share - start))
             for part, share, start in zip(SPLITS[split], shares, first)]
    return np.concatenate(parts), np.concatenate(labels)[kept]


@functools.lru_cache(maxsize=30)  # ten tasks, of two streams: 250 MB
def _draw_part(name, part, seed, indices):
    task, labels, entropy = find_drawn(name), labels_of(name, part, seed), _entropy(name, part, seed)
    images = np.empty((len(indices), SIZE, SIZE, 3), np.uint8)
    for image, index in zip(images, indices):
        image[:] = task.draw(int(labels[index]), part=part, rng=np.random.default_rng([*entropy, index]))
    return images


def labels_of(name, part, seed):
    """As many of each class, or one more, in random order."""
    classes = len(find_drawn(name).classes)
    return np.random.default_rng(_entropy(name, part, seed)).permutation(np.arange(COUNTS[part]) % classes)


def _entropy(name, part, seed):
    return [seed, zlib.crc32(name.encode()), PARTS.index(part)]
