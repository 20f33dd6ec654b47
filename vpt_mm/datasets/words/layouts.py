"""Layouts: which images a split has, of which classes, and what these are called.

Each reader takes the folder of a dataset, its row of the table and the name of a split, and returns the names of the
classes by label, and the images as a list of (path below the folder, label).
"""
import json
import re
from pathlib import Path, PurePosixPath

from ...errors import UsageError, some
from ...tuning.tokens import plain_name
from ..benchmarks.lists import leads_out
from ..reading import find_images


def read_split_file(folder, task, split):
    """CoOp's ``split_zhou_*.json``: {"train": [[path, label, name], ...], "val": ..., "test": ...}."""
    file = folder / task.file
    text = _text(file)
    try:
        parts = json.loads(text)
        rows = {part: [(str(path), label, name) for path, label, name in parts[part]] for part in task.images}
        sound = all(type(label) is int and isinstance(name, str) for part in rows.values() for _, label, name in part)
    except (ValueError, TypeError, KeyError, RecursionError):
        sound = False
    if not sound:
        raise UsageError(f'{file} must be an object of the lists train, val and test, whose entries are [path, label, '
                         'name of the class].')
    names = _by_label(file, ((label, name) for part in rows.values() for _, label, name in part))
    return names, _below(file, task.images[split], [(path, label) for path, label, _ in rows[split]])


def read_wnids(folder, task, split):
    """ImageNet's folders by WordNet's numbers, or by labels, and ``classnames.txt`` with "wnid name" in each line."""
    named = dict(sorted(_pairs(folder / task.file, 'the folder of a class and its name')))
    found = _folders(folder / task.images[split])
    if found and all(name.isdigit() for name in found):  # as in ImageNetV2
        found, known = sorted(found, key=int), {str(label): name for label, name in enumerate(named.values())}
    else:
        known = named
    _require_known(found, known, folder / task.file)
    return [known[name] for name in found], _images(folder, task.images[split], found)


def read_variants(folder, task, split):
    """FGVCAircraft's ``images_variant_*.txt``, "number name" in each line, and ``variants.txt``, all names."""
    names, file = _lines(folder / task.file), folder / f'images_variant_{split}.txt'
    rows = _pairs(file, 'the number of an image and its class')
    _require_known([name for _, name in rows], names, folder / task.file)
    labels = {name: label for label, name in enumerate(names)}
    return names, _below(file, task.images[split], [(f'{number}.jpg', labels[name]) for number, name in rows])


def read_folders(folder, task, split):
    """Office-Home's domains, one folder a class in each; 'Real World' is real_world as well."""
    asked = plain_name(task.images[split])
    place = next((name for name in _folders(folder) if plain_name(name.replace('-', ' ')) == asked), None)
    if place is None:
        raise UsageError(f'{task.name} has the domains {", ".join(task.images)}, one folder each, and {folder} has no '
                         f'{split}: it has {some(_folders(folder)) or "none"}.')
    names = _folders(folder / place)
    return names, _images(folder, place, names)


def read_lists(folder, task, split):
    """VisDA-2017's ``image_list.txt``: "name/image.png label" in each line."""
    file = folder / task.images[split] / task.file
    rows = []
    for number, line in enumerate(_text(file).splitlines(), 1):
        path, _, label = line.strip().rpartition(' ')
        if line.strip() and not ('/' in path and re.fullmatch('[0-9]{1,9}', label)):
            raise UsageError(f'{file}, line {number}: a path in the folder of its class and a label are needed, got '
                             f'{line!r}.')
        rows += [(path.strip(), int(label))] if line.strip() else []
    names = _by_label(file, ((label, PurePosixPath(path).parts[0]) for path, label in rows))
    return names, _below(file, task.images[split], rows)


LAYOUTS = dict(split=read_split_file, wnids=read_wnids, variants=read_variants, folders=read_folders, lists=read_lists)


def _text(file):
    try:
        return file.read_text(encoding='utf-8')
    except OSError as error:
        raise UsageError(f'{file} cannot be read ({error.strerror}): docs/words.md says what belongs where.') from None
    except UnicodeDecodeError:
        raise UsageError(f'{file} is not text in UTF-8.') from None


def _lines(file):
    return [line.strip() for line in _text(file).splitlines() if line.strip()]


def _pairs(file, what):
    """The first word of each line, and the others."""
    pairs = [line.split(None, 1) for line in _lines(file)]
    wrong = next((pair for pair in pairs if len(pair) != 2), None)
    if wrong:
        raise UsageError(f'{file}: each line has {what}, got {wrong[0]!r}.')
    return pairs


def _by_label(file, pairs):
    """Names of the labels 0, 1, 2, ..., each of which has one."""
    names = {}
    for label, name in pairs:
        if names.setdefault(label, name) != name:
            raise UsageError(f'{file} calls class {label} both {names[label]!r} and {name!r}.')
    if sorted(names) != list(range(len(names))):
        raise UsageError(f'{file}: labels must be 0..{max(0, len(names) - 1)} for {len(names)} classes, got '
                         f'{some(sorted(names))}.')
    return [names[label] for label in range(len(names))]


def _below(file, place, rows):
    """Entries whose paths a file gives, below the folder of the images."""
    outside = next((path for path, _ in rows if leads_out(path)), None)
    if outside is not None:
        raise UsageError(f'{file}: a list names images below its folder, got {outside!r}.')
    return [(str(PurePosixPath(place, path)), label) for path, label in rows]


def _folders(place):
    try:
        return sorted(path.name for path in place.iterdir() if path.is_dir() and not path.name.startswith('.'))
    except OSError as error:
        raise UsageError(f'{place} cannot be read ({error.strerror}): docs/words.md says what belongs where.') from None


def _images(folder, place, names):
    return [(str(Path(path).relative_to(folder)), label) for label, name in enumerate(names)
            for path in find_images(folder / place / name)]


def _require_known(found, known, file):
    strange = sorted({*found} - {*known})
    if strange:
        raise UsageError(f'{file} has no name for {some(strange)}.')
