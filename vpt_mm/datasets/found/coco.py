"""COCO: one JSON file of images, annotations and categories for each part."""
from collections import Counter

from ...errors import UsageError, some
from ..documents import written_by
from .gathered import Gathered
from .kinds import Found
from .parts import part_of_path, part_within
from .progress import progress
from .shapes import Patch, polygon, run_lengths, unpack_counts

LOOKED_FOR = 'COCO: a JSON file with "images", "annotations" and "categories"'


def read(tree) -> Found | None:
    documents = {path: document for path, document in tree.documents.items()
                 if isinstance(document, dict) and {'images', 'annotations', 'categories'} <= document.keys()}
    if not documents:
        return None
    gathered, names = Gathered(tree, 'COCO'), {}
    for path, document in documents.items():
        with written_by('COCO', tree.full(path)):
            _read_areas(gathered, path, document, _read_images(gathered, path, document),
                        _categories(document, names, tree.full(path)))
    images = Counter(entry.image for entry in gathered.entries)
    twice = [image for image, count in images.items() if count > 1]
    if twice:
        raise UsageError(f'{some(list(documents))} of {tree.root} have {some(twice)} twice: an image stands once.')
    return gathered.found([names[number] for number in sorted(names)])


def _read_images(gathered, path, document):
    """{number: entry, or None where the image is not there}."""
    part, entries = part_within(path.rpartition('/')[2]) or part_of_path(path), {}
    for one in progress(document['images'], path):
        image = gathered.tree.locate(one['file_name'], by=path, part=part)
        entries[one['id']] = gathered.begin(image, one['file_name'], by=path, part=part or part_of_path(image or ''),
                                            size=(one['width'], one['height']))
    return entries


def _read_areas(gathered, path, document, entries, names):
    for one in document['annotations']:
        where = f'{gathered.tree.full(path)}, annotation {one.get("id")}'
        if one['image_id'] not in entries or one['category_id'] not in names:
            raise UsageError(f'{where} belongs to image {one["image_id"]} and category {one["category_id"]}, and the '
                             'file has not both.')
        entry = entries[one['image_id']]
        for area in _areas(one.get('segmentation'), entry.drawing.size, where) or [None] if entry else ():
            gathered.add(entry, names[one['category_id']], area, 'boxes')


def _categories(document, names, where):
    """{number: name} of a file, which agree with those of the others."""
    own = {entry['id']: str(entry['name']) for entry in document['categories']}
    for number, name in own.items():
        if not isinstance(number, int):
            raise UsageError(f'{where} has the category {number!r}: categories are numbered.')
        if names.setdefault(number, name) != name:
            raise UsageError(f'{where} calls category {number} {name!r}, and another file {names[number]!r}.')
    return own


def _areas(segmentation, size, where):
    """Polygons, or run lengths, column by column, packed or not."""
    if not segmentation:
        return []
    if isinstance(segmentation, list):
        return [polygon(points, size, where) for points in segmentation]
    counts, shape = segmentation['counts'], segmentation['size']
    if list(shape) != list(size[::-1]):
        raise UsageError(f'{where}: run lengths of {shape[1]}x{shape[0]} pixels for an image of {size[0]}x{size[1]}.')
    counts = unpack_counts(counts) if isinstance(counts, str) else counts
    return [Patch(run_lengths(counts, size[::-1], where, order='F'))]
