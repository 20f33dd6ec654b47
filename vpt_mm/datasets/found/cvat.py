"""CVAT for images: an XML file of images with polygons, masks, boxes, ellipses and tags."""
import math

import numpy as np

from .documents import read_xml, written_by
from .drawn import from_drawings, require_images
from .kinds import Found
from .parts import part_of_path, part_within
from .progress import progress
from .shapes import Disc, Drawing, box, patch, polygon, require_inside, run_lengths
from .tables import from_tags

LOOKED_FOR = 'CVAT: annotations.xml ("CVAT for images")'


def read(tree) -> Found | None:
    drawings, tags, missing, left_out, names, count = [], [], [], [], [], 0
    for path in tree.ending('.xml'):
        if b'<annotations' not in _head(tree.full(path)):
            continue
        root, where = read_xml(tree.full(path)), str(tree.full(path))
        if root.tag != 'annotations' or root.find('image') is None:
            continue
        with written_by('CVAT', where):
            names += [label.findtext('name') for label in root.iter('label') if label.findtext('name') not in names]
            for element in progress(root.findall('image'), path):
                count += 1
                part = part_within(element.get('subset') or '') or part_of_path(path)
                image = (tree.locate(element.attrib['name'], by=path, part=part)
                         or tree.locate_last(element.attrib['name'], by=path, part=part))
                if image is None:
                    missing.append((path, element.attrib['name']))
                    continue
                size = tree.require_size(image, (int(element.attrib['width']), int(element.attrib['height'])), by=path)
                drawing = Drawing(size)
                for number, shape in sorted(enumerate(element), key=_height):
                    if shape.tag == 'tag':
                        continue
                    area = _area(shape, size, f'{where}, {image}, shape {number} ({shape.get("label")})')
                    if area is None:
                        left_out.append(shape.tag)
                    else:
                        drawing.areas.append((shape.attrib['label'], area))
                drawings.append((image, part or part_of_path(image), drawing))
                tags.append((image, part or part_of_path(image), [tag.attrib['label'] for tag in element.iter('tag')]))
    if not count:
        return None
    require_images(tree, missing, count)
    if any(own for _, _, own in tags) and not any(drawing.areas for _, _, drawing in drawings):
        return from_tags(tree, 'CVAT tags', tags)
    used = {name for _, _, drawing in drawings for name, _ in drawing.areas}
    names = [name for name in names if name in used] + sorted(used - {*names})
    return from_drawings(tree, 'CVAT', drawings, names=names, left_out=left_out)


def _head(path):
    with open(path, 'rb') as file:
        return file.read(2000)


def _height(numbered):
    """Shapes by their z_order, and then as they stand."""
    number, shape = numbered
    return int(shape.get('z_order', 0)), number


def _area(shape, size, where):
    given = shape.attrib
    if shape.tag == 'polygon':
        points = [[float(value) for value in pair.split(',')] for pair in given['points'].split(';')]
        return polygon(points, size, where)
    if shape.tag == 'box' and not math.remainder(float(given.get('rotation', 0)), 360):
        return box([float(given[name]) for name in ('xtl', 'ytl', 'xbr', 'ybr')], size, where)
    if shape.tag == 'ellipse' and not math.remainder(float(given.get('rotation', 0)), 360):
        x, y, width, height = (float(given[name]) for name in ('cx', 'cy', 'rx', 'ry'))
        require_inside(np.array([[x, y]]), size, where)
        return Disc((x, y), (width, height))
    if shape.tag == 'mask':
        left, top, width, height = (int(given[name]) for name in ('left', 'top', 'width', 'height'))
        counts = [int(count) for count in given['rle'].split(',')]
        return patch(run_lengths(counts, (height, width), where), left, top, size, where)
    return None

