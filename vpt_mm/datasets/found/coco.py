"""COCO: one JSON file of images, annotations and categories for each part."""
from ...errors import UsageError, some
from .documents import written_by
from .drawn import from_drawings, require_images
from .kinds import Found
from .parts import part_of_path, part_within
from .progress import progress
from .shapes import Drawing, Patch, polygon, run_lengths, unpack_counts

LOOKED_FOR = 'COCO: a JSON file with "images", "annotations" and "categories"'


def read(tree) -> Found | None:
    documents = {path: document for path, document in tree.documents.items()
                 if isinstance(document, dict) and {'images', 'annotations', 'categories'} <= document.keys()}
    if not documents:
        return None
    names, drawings, missing, left_out, count = {}, {}, [], [], 0
    for path, document in documents.items():
        where = str(tree.full(path))
        with written_by('COCO', where):
            own = _categories(document, names, where)
            part = part_within(path.rpartition('/')[2]) or part_of_path(path)
            images = {}
            for entry in progress(document['images'], f'{path}: images'):
                count += 1
                image = tree.locate(entry['file_name'], by=path, part=part)
                if image is None:
                    missing.append((path, entry['file_name']))
                    continue
                size = tree.require_size(image, (entry['width'], entry['height']), by=path)
                images[entry['id']] = image
                if image in drawings:
                    raise UsageError(f'{where} has {image}, which stands in it or in another document of '
                                     f'{tree.root} already.')
                drawings[image] = (image, part or part_of_path(image), Drawing(size))
            known = {entry['id'] for entry in document['images']}
            for entry in document['annotations']:
                place = f'{where}, annotation {entry.get("id")}'
                if entry['image_id'] not in known or entry['category_id'] not in own:
                    raise UsageError(f'{place} belongs to image {entry["image_id"]} and category '
                                     f'{entry["category_id"]}, and the file has not both.')
                if entry['image_id'] not in images:
                    continue
                areas = drawings[images[entry['image_id']]][2]
                found = _areas(entry.get('segmentation'), areas.size, place)
                areas.areas += [(own[entry['category_id']], area) for area in found]
                left_out += [] if found else ['boxes']
    require_images(tree, missing, count)
    used = {name for _, _, drawing in drawings.values() for name, _ in drawing.areas}
    ordered = [names[key] for key in sorted(names)]
    found = from_drawings(tree, 'COCO', list(drawings.values()), names=[name for name in ordered if name in used],
                          left_out=left_out)
    idle = [name for name in ordered if name not in found.classes]  # such as the name of the whole, as Roboflow writes
    found.notes += [f'Categories without an area are left out: {some(idle)}.'] * bool(idle)
    return found


def _categories(document, names, where):
    """{number: name} of a file, which agree with those of the others."""
    own = {entry['id']: str(entry['name']) for entry in document['categories']}
    for number, name in own.items():
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
