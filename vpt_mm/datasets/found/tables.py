"""Tables: CSV, JSON lists and JSON lines of images and their classes, in one column or a column for each."""
import re

from ...errors import UsageError, some
from ..documents import read_json, read_json_lines, read_table
from .cells import names_in_cell
from .kinds import CLASSIFY, TAG, Found, Sample
from .parts import part_named, part_of_path, part_within

LOOKED_FOR = 'tables: a CSV file, a JSON list or .jsonl with a column of images (image, file_name, path, ...) and ' \
             'one of classes (label, class, ...), or one of 0 and 1 for each class'
IMAGE = ('image', 'images', 'img', 'image_path', 'img_path', 'image_name', 'img_name', 'file_name', 'filename', 'file',
         'filepath', 'file_path', 'path', 'image_id', 'img_id', 'id', 'name')
LABEL = ('label', 'labels', 'class', 'classes', 'class_name', 'label_name', 'category', 'categories', 'target',
         'tags', 'tag', 'species', 'breed', 'diagnosis', 'choice')
PART = ('split', 'part', 'subset', 'partition', 'set', 'fold_name', 'phase')
MARKS = {'0': False, '1': True, '0.0': False, '1.0': True, '': False, 'true': True, 'false': False}


def read(tree) -> Found | None:
    entries, bare = [], []
    lists = [path for path, document in tree.documents.items() if isinstance(document, list)]
    for path in [*tree.ending('.csv', '.tsv'), *tree.ending('.jsonl'), *lists]:
        found = _read_one(tree, path)
        if found is None:
            bare.append(path)
        else:
            entries += found
    if not entries:
        return None
    found = from_tags(tree, 'table', entries)
    _doubt(found)
    if bare:
        found.notes.append(f'{some(bare)} names no classes of images and is left out.')
    return found


def from_tags(tree, layout, entries):
    """Found of images with names of classes; of single ones where every image has one.

    Args:
        entries: (image, part, names); an image that stands several times has all the names.
    """
    names, parts = {}, {}
    for image, part, own in entries:
        names.setdefault(image, []).extend(name for name in own if name not in names.get(image, ()))
        if parts.setdefault(image, part) != part:
            raise UsageError(f'{tree.root} ({layout}) has {image} in {part or "no part"} and in '
                             f'{parts[image] or "no part"}: an image is in one part.')
    used = {name for own in names.values() for name in own}
    classes = list(tree.classes or sorted(used, key=_by_number))
    if used - set(classes):
        raise UsageError(f'{tree.root} ({layout}) has the classes {some(sorted(used - set(classes)))}, which are not '
                         f'among {some(classes)}.')
    if len(classes) < 2:
        raise UsageError(f'{tree.root} ({layout}) needs two classes or more, got {some(classes) or "none"}.')
    labels = {name: label for label, name in enumerate(classes)}
    numbers = {image: tuple(sorted(labels[name] for name in own)) for image, own in names.items()}
    single = all(len(own) == 1 for own in numbers.values())
    samples = [Sample(image, own[0] if single else own, frozenset(own), parts[image])
               for image, own in numbers.items()]
    bare = len(tree.images) - len(samples)
    notes = [f'{bare} images are named nowhere and are left out.'] if bare > 0 else []
    return Found(layout, tree.root, CLASSIFY if single else TAG, classes, samples, notes=notes)


def _doubt(found, most=0.5):
    """Say so where nearly every image has a class of its own: another column may be meant."""
    if len(found.samples) > 8 and len(found.classes) > most * len(found.samples):
        found.notes.append(f'{len(found.classes)} classes for {len(found.samples)} images: is this the right column '
                           '(--label-column)?')


def _by_number(name):
    return (0, int(name), name) if re.fullmatch('[0-9]{1,9}', name) else (1, 0, name)


def _read_one(tree, path):
    """Entries of one table, or None where it is another one."""
    rows = _rows(tree, path)
    if len(rows) < 2:
        return None
    heads = list(rows[0])
    image = _column(tree.columns.get('image'), IMAGE, heads)
    if image is None:
        tree.nearly.append(f'{path} has the columns {some(heads)}, none of which is that of the images: name it by '
                           '--image-column')
        return None
    part = part_within(path.rpartition('/')[2]) or part_of_path(path)
    rows = [row for row in rows[1:] if row.get(image) not in (None, '')]
    places = tree.locate_all([str(row[image]) for row in rows], by=path, parts=[_part(row, part) for row in rows])
    there = [(row, place) for row, place in zip(rows, places) if place]
    if not there:
        return None
    tags = _tags(tree, path, heads, image, [row for row, _ in there])
    if tags is None:
        tree.nearly.append(f'{path} has the columns {some(heads)}: name that of the classes by --label-column')
        return None
    if len(there) < len(rows):
        absent = next(row[image] for row, place in zip(rows, places) if not place)
        raise UsageError(f'{len(rows) - len(there)} of {len(rows)} images that {tree.full(path)} names are not '
                         f'in {tree.root}, such as {absent!r}: table and images must belong together.')
    return [(place, _part(row, part) or part_of_path(place), names) for (row, place), names in zip(there, tags)]


def _rows(tree, path):
    """The heads as {head: head}, and then the rows as {head: cell}."""
    path, ending = tree.full(path), path.lower().rpartition('.')[2]
    if ending in ('json', 'jsonl'):
        rows = read_json_lines(path) if ending == 'jsonl' else read_json(path)
        found = [{str(head): cell for head, cell in row.items()} for row in rows if isinstance(row, dict)]
        return [dict.fromkeys(head for row in found for head in row), *found]
    table = read_table(path)
    if not table:
        return []
    heads = table[0]
    long = next((number for number, row in enumerate(table, 1) if len(row) > len(heads)), None)
    if long:
        raise UsageError(f'{path}, row {long}: {len(table[long - 1])} cells for the {len(heads)} columns '
                         f'{some(heads)}: put cells that hold the divider in quotes.')
    return [dict(zip(heads, heads)), *(dict(zip(heads, row)) for row in table[1:])]


def _column(asked, usual, heads):
    """The head of a column: the one that is asked for, or the first that is called so; None where there is none."""
    if asked is not None:
        return asked if asked in heads else None
    lower = {head.strip().lower().replace(' ', '_'): head for head in reversed(heads)}
    return next((lower[name] for name in usual if name in lower), None)


def _part(row, otherwise):
    own = next((cell for head, cell in row.items() if head.strip().lower() in PART), None)
    return (part_named(own) if own else None) or otherwise


def _tags(tree, path, heads, image, rows):
    """Names of the classes of each row, or None where no column tells them."""
    label = _column(tree.columns.get('label'), LABEL, [head for head in heads if head != image])
    if tree.columns.get('label') and label is None:
        return None
    if label is not None:
        return [names_in_cell(row.get(label), label, tree.full(path)) for row in rows]
    marked = [head for head in heads if head != image and head.strip().lower() not in PART
              and all(str(row.get(head, '')).lower() in MARKS for row in rows)]
    if len(marked) < 2:
        return None
    return [[head for head in marked if MARKS[str(row.get(head, '')).lower()]] for row in rows]
