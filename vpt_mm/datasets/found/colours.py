"""Colour tables: which colour of a mask is which class, from the files that programs and datasets bring."""
import re
from dataclasses import dataclass

import numpy as np

from ...errors import UsageError, some
from ..documents import read_json, read_text
from ..formats import open_image
from ..reading import SCENE_PIXELS

FILES = ('labelmap', 'label_map', 'label_color', 'label_colour', 'labelcolor', 'class_dict', 'classes', 'color',
         'colour', 'palette', 'legend')
ENDINGS = ('.txt', '.csv', '.tsv', '.json')
IGNORED_NAMES = ('ignore', 'ignored', 'void', 'unlabelled', 'unlabeled')
MOST_SHOWN = 12
FLAT = dict(RGB='RGB', RGBA='RGB', RGBX='RGB', LA='L')  # transparency is left out


@dataclass(frozen=True)
class Table:
    """Names and their colours, (C, 3) uint8."""

    file: str
    names: list[str]
    colours: np.ndarray


def find_table(tree):
    """The user's colour table, or the first file in the folder that is one; None where there is none."""
    if tree.colours is not None:
        table = _read(tree.colours)
        if table is None:
            raise UsageError(f'{tree.colours} is no colour table: it has a name and three numbers, 0 to 255, in each '
                             'line.')
        return table
    for path in tree.ending(*ENDINGS):
        if any(word in path.rpartition('/')[2].lower() for word in FILES):
            table = _read(tree.full(path))
            if table is not None:
                return table
    return None


def _read(file):
    """Lines such as ``name,r,g,b``, ``r g b name`` or CVAT's ``name:r,g,b::``, or an object {name: [r, g, b]}."""
    if str(file).lower().endswith('.json'):
        found = read_json(file)
        rows = [(name, colour) for name, colour in found.items()] if isinstance(found, dict) else []
    else:
        rows = list(filter(None, map(_row, read_text(file).splitlines())))
    sound = [(str(name), colour) for name, colour in rows if isinstance(colour, list) and len(colour) == 3
             and all(isinstance(value, int) and 0 <= value <= 255 for value in colour)]
    if len(sound) < 2 or len(sound) < len(rows):
        return None
    names, colours = zip(*sound)
    for what, several in (('name', names), ('colour', list(map(tuple, colours)))):
        twice = sorted({one for one in several if several.count(one) > 1})
        if twice:
            raise UsageError(f'{file} has one {what} twice: {some(twice)}.')
    return Table(str(file), list(names), np.array(colours, np.uint8))


def _row(line):
    """(name, [r, g, b]) of a line, or None of a head, a comment or an empty one."""
    line = line.strip()
    number = r'(\d{1,3})'
    found = re.match(rf'^{number}[\s,;]+{number}[\s,;]+{number}[\s,;]+(.+)$', line)
    if found:
        return found[4].strip(' "\''), [int(value) for value in found.groups()[:3]]
    found = re.match(rf'^(.+?)[\s,;:]+{number}[\s,;]+{number}[\s,;]+{number}[\s:;,]*$', line)
    if found and not line.startswith('#'):
        return found[1].strip(' "\''), [int(value) for value in found.groups()[1:]]
    return None


def read_colours(path):
    """A mask in colours, (H, W, 3) uint8, or (H, W) of numbers where it has one a pixel."""
    with open_image(path, str(path), most_pixels=SCENE_PIXELS) as image:
        if image.mode in ('1', 'L', 'P', 'I', 'I;16', 'I;16B', 'I;16L'):
            pixels = np.asarray(image)
            return pixels.astype(np.uint8) if pixels.dtype == bool else pixels
        if image.mode not in FLAT:
            raise UsageError(f'{path} has pixels of kind {image.mode}: masks hold whole numbers or colours of 8 bits.')
        return np.asarray(image.convert(FLAT[image.mode]))


def pack(colours):
    """One number for each colour, (..., 3) to (...)."""
    red, green, blue = np.moveaxis(colours.astype(np.int32), -1, 0)
    return red << 16 | green << 8 | blue


def unpack(number):
    return int(number) >> 16 & 255, int(number) >> 8 & 255, int(number) & 255


def numbers_of(pixels, table, numbers, where):
    """A mask in colours as class numbers.

    Args:
        pixels: (H, W, 3), or (H, W) where all colours are grey.
        table: of the colours.
        numbers: of the table's entries, (C,).
        where: what messages call the mask.

    Raises:
        UsageError: colours that are not in the table.
    """
    pixels = np.repeat(pixels[..., None], 3, -1) if pixels.ndim == 2 else pixels
    packed, known = pack(pixels), pack(table.colours)
    order = np.argsort(known)
    places = order[np.minimum(np.searchsorted(known, packed, sorter=order), len(known) - 1)]
    strange = known[places] != packed
    if strange.any():
        colours, counts = np.unique(packed[strange], return_counts=True)
        shown = [f'{unpack(colour)}' for colour in colours[np.argsort(-counts)][:MOST_SHOWN]]
        jpeg = ' JPEG changes colours: masks are PNG files.' if str(where).lower().endswith(('.jpg', '.jpeg')) else ''
        raise UsageError(f'{where} has {len(colours)} colours that {table.file} does not name ({strange.sum():,} '
                         f'pixels): {some(shown, 4)}. Add them to the table.{jpeg}')
    return numbers[places]
