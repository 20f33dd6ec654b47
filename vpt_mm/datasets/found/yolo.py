"""YOLO, as Ultralytics reads it: a text file of polygons for each image, in fractions of its sides, and data.yaml."""
import re

import numpy as np
import yaml

from ...errors import UsageError
from .documents import read_text, written_by
from .drawn import from_drawings, require_images
from .kinds import Found
from .parts import part_of_path
from .progress import progress
from .shapes import Drawing, polygon

LOOKED_FOR = 'YOLO: images/1.jpg and labels/1.txt with "class x y x y x y ..." in each line, and data.yaml'
NUMBER = r'-?\d+(\.\d*)?([eE][+-]?\d+)?'
LINE = re.compile(rf'\d{{1,6}}( {NUMBER})+')
MOST_YAML = 1_000_000  # bytes


def read(tree) -> Found | None:
    texts = [path for path in tree.ending('.txt') if '/labels/' in f'/{path}']
    images = {path.rpartition('.')[0]: path for path in tree.images}
    if not any(_image(images, path) for path in texts):
        return None
    names, drawings, missing, left_out = _names(tree), [], [], []
    for path in progress(texts, 'YOLO'):
        image, where = _image(images, path), str(tree.full(path))
        if image is None:
            missing.append((path, path.rpartition('/')[2]))
            continue
        drawing = Drawing(tree.size(image))
        for number, line in enumerate(read_text(where).splitlines(), 1):
            values = ' '.join(line.split())
            if values and not LINE.fullmatch(values):
                raise UsageError(f'{where}, line {number}: the number of a class and fractions of width and height are '
                                 f'needed, got {line[:60]!r}.')
            label, *fractions = values.split() or ['']
            if len(fractions) == 4:
                left_out.append('boxes')
            elif fractions:
                points = np.array(fractions, np.float64)
                if len(points) % 2:
                    raise UsageError(f'{where}, line {number}: points are pairs, got {len(points)} numbers.')
                area = polygon(points.reshape(-1, 2) * drawing.size, drawing.size, f'{where}, line {number}')
                drawing.areas.append((_name(names, int(label), where), area))
        drawings.append((image, part_of_path(image), drawing))
    require_images(tree, missing, len(texts))
    used = {name for _, _, drawing in drawings for name, _ in drawing.areas}
    return from_drawings(tree, 'YOLO', drawings, names=list(names.values()) or sorted(used), left_out=left_out)


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
