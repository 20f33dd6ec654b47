"""CVAT for images: an XML file of images with polygons, masks, boxes, ellipses and tags."""
import math

import numpy as np

from ..documents import read_xml, written_by
from .gathered import Gathered
from .kinds import Found
from .parts import part_of_path, part_within
from .progress import progress
from .shapes import Disc, box, patch, polygon, require_inside, run_lengths

LOOKED_FOR = 'CVAT: annotations.xml ("CVAT for images")'


def read(tree) -> Found | None:
    gathered, names = Gathered(tree, 'CVAT'), []
    for path in tree.ending('.xml'):
        if b'<annotations' not in _head(tree.full(path)):
            continue
        root = read_xml(tree.full(path))
        if root.tag != 'annotations' or root.find('image') is None:
            continue
        with written_by('CVAT', tree.full(path)):
            names += [label.findtext('name') for label in root.iter('label')]
            for element in progress(root.findall('image'), path):
                _read_one(gathered, path, element)
    return gathered.found(list(dict.fromkeys(names))) if gathered.entries or gathered.missing else None


def _read_one(gathered, path, element):
    tree, called = gathered.tree, element.attrib['name']
    part = part_within(element.get('subset') or '') or part_of_path(path)
    image = tree.locate(called, by=path, part=part) or tree.locate_last(called, by=path, part=part)
    entry = gathered.begin(image, called, by=path, part=part or part_of_path(image or ''),
                           size=(int(element.attrib['width']), int(element.attrib['height'])))
    if entry is None:
        return
    entry.tags += [tag.attrib['label'] for tag in element.iter('tag')]
    for number, shape in sorted(enumerate(element), key=_height):
        if shape.tag != 'tag':
            area = _area(shape, entry.drawing.size, f'{tree.full(path)}, {image}, shape {number}')
            gathered.add(entry, shape.get('label'), area, shape.tag)


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

