"""The table of real tasks, and their images."""
import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ...errors import UsageError, did_you_mean, require_counts
from ..digits.scans import load_scans
from ..share import share_by_class
from . import emoji, fashion, stamps

SPLITS = dict(train=('train',), val=('val',), trainval=('train', 'val'), test=('test',))
EACH = dict(train=80, val=20)  # images of a class, of ten: 800 and 200
GREY, EDGE = 127, 1.15         # ground of a stamp, and side of the image, of the stamp's longer side
SCAN = 28                      # pixels a side: those of MNIST, to which scans of 8 are enlarged


@dataclass(frozen=True)
class Source:
    """One row of the table.

    Attributes:
        group: 'pictures', or 'emoji', which need a package of Python's more.
        classes: names of the classes.
        images: {split: number of images}, of the versions that docs/real_data.md names.
        load: ``load(part, root=, seed=)``, images (H, W, 3) RGB uint8 and labels (N,) of 'train', 'val' or 'test'.
    """

    group: str
    classes: tuple[str, ...]
    images: dict[str, int]
    load: Callable[..., tuple[list[np.ndarray], np.ndarray]]


def _fashion(part, *, root, seed):
    grey, labels = fashion.load_fashion('t10k' if part == 'test' else 'train', root)
    chosen = slice(None) if part == 'test' else draw_by_class(labels, EACH, seed)[part]
    return _to_colour(grey[chosen]), labels[chosen].astype(np.int64)


def _scans(part, *, root, seed):
    inks, labels = load_scans('validation' if part == 'test' else 'training')
    chosen = slice(None) if part == 'test' else draw_by_class(labels, EACH, seed)[part]
    large = [_enlarge(ink) for ink in inks[chosen]]
    return _to_colour(large), labels[chosen].astype(np.int64)


def _stamps(part, *, root, seed):
    files = split_by_class(stamps.find_stamps(root).values(), seed)[part]
    return _labelled(files, lambda file: _on_grey(stamps.read_stamp(file)))


def _emoji(part, *, root, seed, style):
    """Emoji of one name are in the same part in both styles."""
    names = split_by_class(emoji.find_emoji(root), seed)[part]
    return _labelled(names, lambda name: _on_grey(emoji.draw_emoji(style, name, root)))


def _labelled(classes, show):
    """Images and labels of the things of each class."""
    images = [show(thing) for things in classes for thing in things]
    return images, np.repeat(np.arange(len(classes)), [len(things) for things in classes])


def _enlarge(ink):
    large = cv2.resize(ink, (SCAN, SCAN), interpolation=cv2.INTER_CUBIC)
    return (255 * large).clip(0, 255).round().astype(np.uint8)


def _to_colour(images):
    return [np.repeat(image[..., None], 3, axis=2) for image in images]


def _on_grey(stamp):
    """A stamp in the middle of a grey square."""
    height, width = stamp.shape[:2]
    side = round(EDGE * max(height, width))
    image = np.full((side, side, 3), GREY, np.float32)
    stamps.paste(stamp, image, (side - height) // 2, (side - width) // 2)
    return image.round().astype(np.uint8)


def draw_by_class(labels: np.ndarray, counts: dict[str, int], seed: int) -> dict[str, np.ndarray]:
    """Indices, ascending, of as many images of every class as each part has of it; no image is in two parts."""
    parts: dict[str, list] = {part: [] for part in counts}
    for label in np.unique(labels).tolist():
        own = np.random.default_rng([seed, label]).permutation(np.flatnonzero(labels == label))
        for part, ends in zip(counts, np.split(own, np.cumsum(list(counts.values())))):
            parts[part].append(ends)
    return {part: np.sort(np.concatenate(chosen)) for part, chosen in parts.items()}


def split_by_class(classes: Iterable[Sequence], seed: int) -> dict[str, list[list]]:
    """Half of the things of every class for the test, and of the rest a fifth to choose by, each in its order.

    Args:
        classes: the things of each class.
        seed: of the draw.

    Returns:
        {part: things of each class}.
    """
    parts: dict[str, list] = dict(train=[], val=[], test=[])
    for label, things in enumerate(classes):
        drawn = np.random.default_rng([seed, label]).permutation(len(things))
        test = len(drawn) // 2
        val = max(1, (len(drawn) - test) // 5)
        for part, chosen in zip(('test', 'val', 'train'), np.split(drawn, [test, test + val])):
            parts[part].append([things[index] for index in np.sort(chosen)])
    return parts


REAL_TASKS = dict(
    fashion=Source('pictures', fashion.CLASSES, dict(train=800, val=200, trainval=1000, test=10_000), _fashion),
    scans=Source('pictures', tuple('0123456789'), dict(train=800, val=200, trainval=1000, test=450), _scans),
    stamps=Source('pictures', tuple(stamps.CLASSES), dict(train=118, val=23, trainval=141, test=135), _stamps),
    **{style: Source('emoji', tuple(emoji.CLASSES), dict(train=516, val=127, trainval=643, test=639),
                     functools.partial(_emoji, style=style)) for style in emoji.STYLES})


def find_real(name: str) -> Source:
    """The row of a task.

    Raises:
        UsageError: no task of this name.
    """
    if name not in REAL_TASKS:
        raise UsageError(f"task must be one of {', '.join(REAL_TASKS)}, got {name!r}.{did_you_mean(name, REAL_TASKS)}")
    return REAL_TASKS[name]


def load_real(name: str, split: str, *, root: str = 'data', seed: int = 0,
              fraction: float = 1.) -> tuple[list[np.ndarray], np.ndarray]:
    """Images of a split, (H, W, 3) RGB uint8, and their labels (N,); read once in a process.

    Args:
        name: of the task.
        split: a name in ``SPLITS``.
        root: folder of data, which is looked at before the places of the system's packages.
        seed: of the draw of the images; the test of 'fashion' and 'scans' is always the same.
        fraction: share of the images, of every class and at least one.

    Raises:
        UsageError: an unknown task or split, a seed below 0, a fraction outside (0, 1], or data that are not there.
    """
    find_real(name)
    if split not in SPLITS:
        raise UsageError(f"split must be one of {', '.join(SPLITS)}, got {split!r}.")
    require_counts(least=0, seed=seed)
    parts = [_load_part(name, part, str(root), seed) for part in SPLITS[split]]
    images, labels = [image for own, _ in parts for image in own], np.concatenate([own for _, own in parts])
    kept = share_by_class(labels, fraction)
    return [images[index] for index in kept], labels[kept]


@functools.lru_cache(maxsize=9)
def _load_part(name, part, root, seed):
    return REAL_TASKS[name].load(part, root=root, seed=seed)
