"""labelme: a JSON file of shapes beside each image."""
import base64
from pathlib import PurePosixPath

import numpy as np

from ..formats import open_image
from .documents import written_by
from .drawn import from_drawings, require_images
from .kinds import Found
from .parts import part_of_path
from .progress import progress
from .shapes import MOST_PIXELS, Disc, Drawing, box, patch, polygon, require_inside
from .tables import from_tags

LOOKED_FOR = 'labelme: NAME.json with "shapes" and "imagePath" beside the images'


def read(tree) -> Found | None:
    documents = {path: document for path, document in tree.documents.items()
                 if isinstance(document, dict) and {'shapes', 'imagePath'} <= document.keys()}
    if not documents:
        return None
    _require_whole(tree)
    drawings, tags, missing, left_out = [], [], [], []
    for path, document in progress(documents.items(), 'labelme'):
        where = str(tree.full(path))
        with written_by('labelme', where):
            part = part_of_path(path)
            image = (tree.locate_last(document['imagePath'], by=path, part=part)
                     or tree.locate_last(PurePosixPath(path).stem, by=path, part=part))
            if image is None:
                missing.append((path, document['imagePath']))
                continue
            said = document.get('imageWidth'), document.get('imageHeight')
            drawing = Drawing(tree.require_size(image, None if None in said else said, by=path))
            for number, shape in enumerate(document['shapes']):
                area = _area(shape, drawing.size, f'{where}, shape {number} ({shape["label"]})')
                if area is None:
                    left_out.append(shape['shape_type'])
                else:
                    drawing.areas.append((str(shape['label']), area))
            drawings.append((image, part, drawing))
            tags.append((image, part, [name for name, on in (document.get('flags') or {}).items() if on is True]))
    require_images(tree, missing, len(documents))
    if not any(drawing.areas for _, _, drawing in drawings) and any(names for _, _, names in tags):
        return from_tags(tree, 'labelme flags', tags)
    names = sorted({name for _, _, drawing in drawings for name, _ in drawing.areas})
    return from_drawings(tree, 'labelme', drawings, names=names, left_out=left_out)


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
