"""labelme: a JSON file of shapes beside each image."""
import base64
from pathlib import PurePosixPath

import numpy as np

from ..documents import written_by
from ..formats import open_image
from .gathered import Gathered
from .kinds import Found
from .parts import part_of_path
from .progress import progress
from .shapes import MOST_PIXELS, Disc, box, patch, polygon, require_inside

LOOKED_FOR = 'labelme: NAME.json with "shapes" and "imagePath" beside the images'


def read(tree) -> Found | None:
    documents = {path: document for path, document in tree.documents.items()
                 if isinstance(document, dict) and {'shapes', 'imagePath'} <= document.keys()}
    if not documents:
        return None
    _require_whole(tree)
    gathered = Gathered(tree, 'labelme', tags='flags')
    for path, document in progress(documents.items(), 'labelme'):
        with written_by('labelme', tree.full(path)):
            _read_one(gathered, path, document)
    return gathered.found()


def _read_one(gathered, path, document):
    tree, part, called = gathered.tree, part_of_path(path), document['imagePath']
    image = (tree.locate_last(called, by=path, part=part)
             or tree.locate_last(PurePosixPath(path).stem, by=path, part=part))
    said = document.get('imageWidth'), document.get('imageHeight')
    entry = gathered.begin(image, called, by=path, part=part, size=None if None in said else said)
    if entry is None:
        return
    entry.tags += [name for name, on in (document.get('flags') or {}).items() if on is True]
    for number, shape in enumerate(document['shapes']):
        area = _area(shape, entry.drawing.size, f'{tree.full(path)}, shape {number} ({shape["label"]})')
        gathered.add(entry, shape['label'], area, shape.get('shape_type'))


def _require_whole(tree):
    """A file that is cut short is one of labelme's where it is called as an image is."""
    stems = {path.rpartition('.')[0] for path in tree.images}
    for path, document in tree.documents.items():
        if isinstance(document, Exception) and path.rpartition('.')[0] in stems:
            raise document


def _area(shape, size, where):
    kind, points = shape.get('shape_type') or 'polygon', shape['points']
    if kind == 'polygon':
        return polygon(points, size, where)
    if kind == 'rectangle':
        return box(points, size, where)
    if kind == 'circle':
        (centre, rim) = np.asarray(points, np.float64)
        require_inside(centre[None], size, where)
        radius = float(np.hypot(*(rim - centre)))
        return Disc(tuple(centre), (radius, radius))
    if kind == 'mask':
        return _patch(shape, size, where)
    return None


def _patch(shape, size, where):
    """A picture in base64, whose first point is its upper left corner."""
    left, top = (round(value) for value in shape['points'][0])
    with open_image(base64.b64decode(shape['mask'], validate=True), where, most_pixels=MOST_PIXELS) as image:
        pixels = np.asarray(image) > 0
    return patch(pixels, left, top, size, where)
