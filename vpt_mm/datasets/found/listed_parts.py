"""Parts that lists name: train.txt and val.txt with an image in each line, beside masks, folders or documents."""
from collections import defaultdict
from pathlib import PurePosixPath

from ...errors import UsageError, some
from ..documents import read_text
from ..formats import ENDINGS
from .parts import part_within


def take_listed_parts(tree, found):
    """Give samples the parts that lists name, where the layout names none.

    A line is the end of an image's path, with or without its ending; behind a space, its mask may follow.

    Args:
        tree: the folder.
        found: what was recognised.

    Raises:
        UsageError: a list of images that are not all there, or an image of two parts.
    """
    if any(sample.part for sample in found.samples):
        return
    places = _by_name(found.samples)
    parts, used = {}, []
    for path in tree.ending('.txt', '.lst'):
        part = part_within(path.rpartition('/')[2])
        lines = read_text(tree.full(path)).splitlines() if part else ()
        lines = [line.strip() for line in lines if line.strip()]
        listed = [_sample(places, line) for line in lines]
        if not any(listed):
            continue
        used.append(path)
        absent = [line for line, sample in zip(lines, listed) if sample is None]
        if absent:
            raise UsageError(f'{len(absent)} of {len(lines)} images that {tree.full(path)} lists are not in '
                             f'{tree.root}, such as {absent[0]!r}: list and images must belong together.')
        for sample in listed:
            if parts.setdefault(sample.image, part) != part:
                raise UsageError(f'{tree.full(path)} lists {sample.image}, which is in {parts[sample.image]} already: '
                                 'an image is in one part.')
    for sample in found.samples:
        sample.part = parts.get(sample.image)
    if used:
        found.notes.append(f'The parts are those of {some(used)}.')


def _by_name(samples):
    """{name of an image without its ending: samples}."""
    places = defaultdict(list)
    for sample in samples:
        places[PurePosixPath(sample.image).stem].append(sample)
    return places


def _sample(places, line):
    """The one sample that a line means, or None."""
    for name in (line, line.split()[0]):
        name = name.replace('\\', '/').removeprefix('./')
        place = PurePosixPath(name)
        stem = place.stem if place.suffix.lower() in ENDINGS else place.name
        ends = [one for one in places.get(stem, ()) if f'/{one.image}'.endswith(f'/{name}')
                or f'/{one.image}'.rpartition('.')[0].endswith(f'/{name}')]
        if len(ends) == 1:
            return ends[0]
    return None
