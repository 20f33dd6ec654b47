"""Cityscapes: leftImg8bit and gtFine, with the numbers of its labels, of those that are trained, or of one's own."""
from mmseg.datasets import CityscapesDataset

from ...errors import UsageError
from ..documents import read_text
from ..formats import ENDINGS
from .kinds import IGNORED, SEGMENT, Found, Sample
from .masks import from_masks
from .parts import part_of_path

LOOKED_FOR = 'Cityscapes: *_leftImg8bit.png and *_gtFine_labelIds.png or *_gtFine_labelTrainIds.png'
IMAGES = tuple(f'_leftimg8bit{ending}' for ending in ENDINGS)
OWN = 'label_colors.txt'  # "red green blue name" of each number, where CVAT exports labels of one's own
MASKS = ('_gtfine_labeltrainids.png', '_gtfine_labelids.png')  # the first that every image has
# Of labels.py in cityscapesScripts: the label that each of the 19 classes has, in the order of their trainId.
TRAINED = (7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33)


def read(tree) -> Found | None:
    images = {path.rpartition('/')[2].rpartition('_')[0]: path for path in tree.ending(*IMAGES)
              if part_of_path(path) != 'test'}
    if not images:
        return None
    for ending in MASKS:
        masks = {path.rpartition('/')[2][:-len(ending)]: path for path in tree.ending(ending)}
        if images.keys() & masks.keys():
            break
    bare = [images[name] for name in images if name not in masks]
    if bare:
        raise UsageError(f'{tree.root} (Cityscapes): {len(bare)} of {len(images)} images have no *{MASKS[0]} or '
                         f'*{MASKS[1]}, such as {bare[0]}.')
    triples = [(image, masks[name], part_of_path(image)) for name, image in images.items()]
    if ending == MASKS[0]:
        return from_masks(tree, 'Cityscapes', triples, names=CityscapesDataset.METAINFO['classes'])
    own = _own_names(tree)
    if own and own[TRAINED[0]:TRAINED[0] + 1] != ['road']:
        return from_masks(tree, 'Cityscapes', triples, names=own)
    found = from_masks(tree, 'Cityscapes', triples, names=[str(number) for number in range(IGNORED)])
    numbers = {label: TRAINED.index(label) if label in TRAINED else IGNORED for label in range(IGNORED)}
    samples = [Sample(one.image, one.label, frozenset(numbers.get(label, IGNORED) for label in one.present) - {IGNORED},
                      one.part) for one in found.samples]
    return Found('Cityscapes', tree.root, SEGMENT, list(CityscapesDataset.METAINFO['classes']), samples,
                 numbers=numbers, colours=CityscapesDataset.METAINFO['palette'],
                 notes=['The numbers of labels become those of the 19 classes that are trained; others are ignored.'])


def _own_names(tree):
    """Names of the labels, in the order of their numbers, of a file beside the folders; none where there is none."""
    lines = [line.split(maxsplit=3) for path in tree.files if path.rpartition('/')[2] == OWN
             for line in read_text(tree.full(path)).splitlines()]
    return [line[3] for line in lines if len(line) == 4 and line[0].isdigit()]
