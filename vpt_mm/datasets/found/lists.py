"""Lists: text files of "image class" in each line, as mmpretrain's CustomDataset takes them."""
from ...errors import UsageError, some
from ..documents import read_text
from .kinds import Found
from .parts import part_of_path, part_within
from .tables import from_tags

LOOKED_FOR = 'lists: train.txt, val.txt or another .txt with "image class" in each line'
NAMES = ('classes.txt', 'labels.txt', 'names.txt', 'class_names.txt', 'obj.names', 'categories.txt')


def read(tree) -> Found | None:
    entries, numbered = [], True
    for path in tree.ending('.txt'):
        if path.rpartition('/')[2].lower() in NAMES:
            continue
        found = _read_one(tree, path)
        entries += found
        numbered &= all(name.isdigit() for _, _, (name, ) in found)
    if not entries:
        return None
    names = names_in(tree)
    if numbered and names:
        most = max(int(name) for _, _, (name, ) in entries)
        if most >= len(names):
            raise UsageError(f'a list in {tree.root} has the class {most}, and {len(names)} classes are named '
                             f'({some(names)}), from 0 on.')
        entries = [(image, part, [names[int(name)]]) for image, part, (name, ) in entries]
        tree.classes = tree.classes or names
    return from_tags(tree, 'list', entries)


def names_in(tree):
    """Names of classes, one a line: the user's, or those of a file such as classes.txt; None where there are none."""
    if tree.classes:
        return list(tree.classes)
    file = next((path for path in tree.files if path.rpartition('/')[2].lower() in NAMES), None)
    return [line.strip() for line in read_text(tree.full(file)).splitlines() if line.strip()] if file else None


def _read_one(tree, path):
    """Entries of one list; none where it is another text."""
    part = part_within(path.rpartition('/')[2]) or part_of_path(path)
    lines = [line.strip() for line in read_text(tree.full(path)).splitlines() if line.strip()]
    rows = [(line.rpartition('\t') if '\t' in line else line.rpartition(' ' if ' ' in line else ','))[::2]
            for line in lines]
    if not rows or not all(name for name, _ in rows):
        return []
    places = tree.locate_all([name.strip() for name, _ in rows], by=path, parts=[part] * len(rows))
    if not any(places):
        return []
    absent = [name for (name, _), place in zip(rows, places) if not place]
    if absent:
        raise UsageError(f'{len(absent)} of {len(rows)} images that {tree.full(path)} lists are not in {tree.root}, '
                         f'such as {absent[0]!r}: list and images must belong together.')
    return [(place, part or part_of_path(place), [label.strip()]) for place, (_, label) in zip(places, rows)]
