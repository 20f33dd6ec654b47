"""YOLO, as Ultralytics reads it: a text file of polygons for each image, in fractions of its sides, and data.yaml."""
import re

import numpy as np
import yaml

from ...errors import UsageError
from ..documents import read_text, written_by
from .gathered import Gathered
from .kinds import Found
from .parts import part_of_path
from .progress import progress
from .shapes import polygon

LOOKED_FOR = 'YOLO: images/1.jpg and labels/1.txt with "class x y x y x y ..." in each line, and data.yaml'
NUMBER = r'-?\d+(\.\d*)?([eE][+-]?\d+)?'
LINE = re.compile(rf'\d{{1,6}}( {NUMBER})+')
MOST_YAML = 1_000_000  # bytes


def read(tree) -> Found | None:
    texts = [path for path in tree.ending('.txt') if '/labels/' in f'/{path}']
    images = {path.rpartition('.')[0]: path for path in tree.images}
    if not any(_image(images, path) for path in texts):
        return None
    names, gathered = _names(tree), Gathered(tree, 'YOLO')
    for path in progress(texts, 'YOLO'):
        image = _image(images, path)
        entry = gathered.begin(image, path.rpartition('/')[2], by=path, part=part_of_path(path))
        for number, line in enumerate(read_text(tree.full(path)).splitlines() if entry else (), 1):
            if line.strip():
                label, area = _area(line, entry.drawing.size, f'{tree.full(path)}, line {number}')
                gathered.add(entry, _name(names, label, tree.full(path)), area, 'boxes')
    return gathered.found(list(names.values()))


def _area(line, size, where):
    """The number of a class and its polygon; None in place of a box."""
    values = line.split()
    if not LINE.fullmatch(' '.join(values)):
        raise UsageError(f'{where}: the number of a class and fractions of width and height are needed, got '
                         f'{line[:60]!r}.')
    points = np.array(values[1:], np.float64)
    if len(points) % 2:
        raise UsageError(f'{where}: points are pairs, got {len(points)} numbers.')
    return int(values[0]), None if len(points) == 4 else polygon(points.reshape(-1, 2) * size, size, where)


def _image(images, path):
    """The image of a text: labels/1.txt is that of images/1.jpg, or of 1.jpg beside it."""
    stem = path.rpartition('.')[0]
    before, _, after = f'/{stem}'.rpartition('/labels/')
    return images.get(f'{before}/images/{after}'.lstrip('/')) or images.get(stem)


def _names(tree):
    """{number: name} of the first YAML file that has names; an empty one where there is none."""
    for path in tree.ending('.yaml', '.yml'):
        text = read_text(tree.full(path))
        if 'names' not in text or len(text) > MOST_YAML:
            continue
        with written_by('YOLO', tree.full(path)):
            try:
                names = yaml.safe_load(text)['names']
            except yaml.YAMLError as error:
                raise UsageError(f'{tree.full(path)} cannot be read as YAML: {str(error).splitlines()[0]}.') from None
            pairs = names.items() if isinstance(names, dict) else enumerate(names)
            return {int(number): str(name) for number, name in pairs}
    return {}


def _name(names, number, where):
    if names and number not in names:
        raise UsageError(f'{where} has the class {number}, which data.yaml does not name: it has '
                         f'{", ".join(map(str, names))}.')
    return names.get(number, f'class_{number}')
