"""Pascal VOC: JPEGImages, SegmentationClass and the lists of ImageSets/Segmentation; CVAT's masks are exported so."""
from mmseg.datasets import PascalVOCDataset

from ...errors import UsageError, some
from ..documents import read_text
from .colours import find_table, read_colours
from .kinds import Found
from .masks import from_masks
from .parts import part_named

LOOKED_FOR = 'VOC: JPEGImages/1.jpg and SegmentationClass/1.png, with lists in ImageSets/Segmentation'
IMAGES, MASKS, SETS = 'JPEGImages/', 'SegmentationClass/', 'ImageSets/Segmentation/'


def read(tree) -> Found | None:
    images, masks = ({_name(path, folder): path for path in tree.images if f'/{folder}' in f'/{path}'}
                     for folder in (IMAGES, MASKS))
    if not images or not masks:
        return None
    parts = _parts(tree)
    absent = [name for name in parts if name not in masks or name not in images]
    bare = [name for name in masks if name not in images]
    if absent or bare:
        raise UsageError(f'{tree.root} (VOC) lists or masks {some(absent or bare)}, which has not both, an image in '
                         f'{IMAGES} and a mask in {MASKS}.')
    triples = [(images[name], masks[name], parts.get(name)) for name in sorted(parts or masks)]
    table = find_table(tree)
    coloured = read_colours(tree.full(triples[0][1])).ndim == 3
    names = table.names if table is not None and not coloured else None
    return from_masks(tree, 'VOC', triples, names=names, usual=PascalVOCDataset.METAINFO['classes'])


def _name(path, folder):
    return f'/{path}'.rpartition(f'/{folder}')[2].rpartition('.')[0]


def _parts(tree):
    """{name: part} of the lists; those of train and val before that of both, which is left out then."""
    lists = {_name(path, SETS): path for path in tree.ending('.txt') if f'/{SETS}' in f'/{path}'}
    parts = {}
    for name, path in lists.items():
        part = part_named(name) or (None if {'train', 'val'} & lists.keys() else 'train')
        for line in read_text(tree.full(path)).split() if part else ():
            if parts.setdefault(line, part) != part:
                raise UsageError(f'{tree.full(path)} lists {line}, which is in {parts[line]} already.')
    return parts
