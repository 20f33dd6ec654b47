"""Masks: images and a picture of classes for each, told by folders or endings of their names, in numbers or colours."""
import re
from functools import partial
from pathlib import PurePosixPath

import numpy as np

from ...errors import UsageError, some
from .colours import IGNORED_NAMES, find_table, numbers_of, pack, read_colours, unpack
from .kinds import IGNORED, SEGMENT, Found, Sample
from .lists import names_in
from .parts import part_of_path
from .progress import progress

LOOKED_FOR = 'masks: images/1.jpg and masks/1.png, train/images and train/masks, or 1.jpg and 1_mask.png'
MASKS = {'mask', 'masks', 'annotation', 'annotations', 'annot', 'ann', 'anns', 'label', 'labels', 'labelmap',
         'labelmaps', 'gt', 'ground', 'truth', 'groundtruth', 'seg', 'segs', 'segmentation', 'segmentations',
         'segmentationclass', 'target', 'targets', 'manual', 'l'}
IMAGES = {'image', 'images', 'img', 'imgs', 'jpegimages', 'photo', 'photos', 'picture', 'pictures', 'input', 'inputs',
          'rgb', 'sat', 'raw'}
NEUTRAL = {'dir', 'dirs', 'folder', 'png', 'jpg', 'data'}  # beside those
ANNOT = re.compile('(train|val|test)annot')


def read(tree) -> Found | None:
    groups = _groups(tree)
    pairs = [(images[0], masks[0]) for images, masks in groups if len(images) == len(masks) == 1]
    if not pairs or len(pairs) < len(groups) / 2:
        if pairs:
            tree.nearly.append(f'{len(pairs)} of {len(tree.images)} images have a mask of their name')
        return None
    for images, masks in groups:
        if len(images) != 1 or len(masks) != 1:
            said = (f'{some(images)} has no mask' if not masks else f'{some(masks)} has no image' if not images
                    else f'{some(images + masks)} are called alike')
            raise UsageError(f'{tree.root}: {said}: every image needs one mask of its name, as {pairs[0][0]} has '
                             f'{pairs[0][1]}.')
    return from_masks(tree, 'masks', [(image, mask, part_of_path(image) or part_of_path(mask))
                                      for image, mask in pairs])


def _groups(tree):
    """(images, masks) that are called alike but for the words that say which is which."""
    groups = {}
    for path in tree.images:
        is_mask, key = _key(path)
        groups.setdefault(key, ([], []))[is_mask].append(path)
    for images, masks in groups.values():
        drawn = [path for path in images if path.lower().endswith('.png')]
        if not masks and len(images) == 2 and len(drawn) == 1:  # 1.jpg and 1.png in one folder
            masks += drawn
            images.remove(drawn[0])
    return list(groups.values())


def _key(path):
    """Whether a path is that of a mask, and the path without what says so."""
    place = PurePosixPath(path)
    is_mask, kept = False, []
    for folder in place.parts[:-1]:
        words = re.split(r'[_\-. ]+', ANNOT.sub(r'\1_annot', folder.lower()))
        is_mask |= bool(MASKS & {*words})
        kept.append('_'.join(word for word in words if word not in MASKS | IMAGES | NEUTRAL))
    stem = re.split(r'[_\-. ]+', place.stem.lower())
    while len(stem) > 1 and stem[-1] in MASKS | IMAGES:
        is_mask |= stem.pop() in MASKS
    return is_mask, ('/'.join(filter(None, kept)), '_'.join(stem))


def from_masks(tree, layout, triples, *, names=None, table=None, usual=None):
    """Found of images and masks on disk, which stay where they are if they hold numbers.

    Args:
        triples: (image, mask, part).
        names: of the classes, if the layout knows them.
        table: of colours, if the layout has one of its own.
        usual: names that are taken where nobody gives any and the numbers are not beyond them.

    Raises:
        UsageError: masks of another size than their images, colours without a table or not in it, or numbers without
            a name.
    """
    contents, greys, coloured = {}, set(), None
    for image, mask, _ in progress(triples, 'masks'):
        pixels = read_colours(tree.full(mask))
        width, height = tree.size(image)
        if pixels.shape[:2] != (height, width):
            raise UsageError(f'{tree.full(mask)} is {pixels.shape[1]}x{pixels.shape[0]}, its image {image} is '
                             f'{width}x{height}: they must be of one size.')
        coloured = mask if pixels.ndim == 3 else coloured
        contents[mask] = np.unique(pack(pixels) if pixels.ndim == 3 else pixels)
        greys |= {mask} if pixels.ndim == 2 else set()
    if coloured is not None:
        contents.update({mask: pack(np.repeat(contents[mask][:, None], 3, 1)) for mask in greys})
        return _from_colours(tree, layout, triples, contents, table or find_table(tree), coloured)
    _require_sharp(tree, contents)
    return _from_numbers(tree, layout, triples, contents, names or names_in(tree), usual)


def _require_sharp(tree, contents):
    lossy = [mask for mask, numbers in contents.items() if mask.lower().endswith(('.jpg', '.jpeg'))
             and not {0, IGNORED}.issuperset(numbers.tolist())]
    if lossy:
        raise UsageError(f'{tree.full(lossy[0])} is a mask in JPEG, which changes numbers: it holds '
                         f'{some(contents[lossy[0]].tolist(), 8)}. Save masks as PNG.')


def _from_colours(tree, layout, triples, contents, table, coloured):
    found = sorted({int(one) for colours in contents.values() for one in colours})
    if table is None:
        shown = some([unpack(colour) for colour in found], 8)
        raise UsageError(f'{tree.full(coloured)} is a mask in colours, and {tree.root} has no table that says what '
                         f'they mean: write a file of "name,red,green,blue" lines, such as classes.csv, or name one by '
                         f'--colours. The masks hold {len(found)} colours: {shown}.')
    classes = [name for name in table.names if name.lower() not in IGNORED_NAMES]
    numbers = np.array([classes.index(name) if name in classes else IGNORED for name in table.names], np.uint8)
    known = dict(zip(pack(table.colours).tolist(), numbers.tolist()))
    samples = []
    for image, mask, part in triples:
        paint = partial(_paint, str(tree.full(mask)), table, numbers)
        if not known.keys() >= set(contents[mask].tolist()):
            paint()  # which says what is wrong
        samples.append(Sample(image, paint, frozenset(map(known.get, contents[mask].tolist())) - {IGNORED}, part))
    ignored = [name for name in table.names if name not in classes]
    notes = [f'Colours are read by {table.file}.'] + [f'{some(ignored)} is ignored.'] * bool(ignored)
    colours = [table.colours[table.names.index(name)].tolist() for name in classes]
    return Found(layout, tree.root, SEGMENT, classes, samples, colours=colours, notes=notes)


def _paint(path, table, numbers):
    return numbers_of(read_colours(path), table, numbers, path)


def _from_numbers(tree, layout, triples, contents, names, usual):
    found = sorted({int(one) for numbers in contents.values() for one in numbers})
    if found[0] < 0 or found[-1] > IGNORED:
        raise UsageError(f'the masks in {tree.root} hold numbers beyond 0..{IGNORED}, such as '
                         f'{found[-1] if found[-1] > IGNORED else found[0]}: masks hold 8 bits.')
    if names is None and usual is not None and all(one < len(usual) or one == IGNORED for one in found):
        names = list(usual)
    classes, numbers, notes = _named(found, names, tree)
    samples = [Sample(image, mask, frozenset(numbers.get(int(one), int(one)) for one in contents[mask]) - {IGNORED},
                      part) for image, mask, part in triples]
    moved = {one: number for one, number in numbers.items() if one != number}
    return Found(layout, tree.root, SEGMENT, classes, samples, numbers=moved, notes=notes)


def _named(found, names, tree):
    """Names of the classes, {number in the masks: number of the class}, and what to say of it."""
    notes = [f'{IGNORED} in masks is ignored.'] if IGNORED in found else []
    used = [one for one in found if one != IGNORED]
    if used == [0] and IGNORED in found and (names is None or len(names) == 2):
        notes = [f'The masks hold 0 and {IGNORED} alone: {IGNORED} is the second class.']
        return list(names or ['background', 'foreground']), {0: 0, IGNORED: 1}, notes
    if names is None:
        names = ['background' if one == 0 else f'class_{one}' for one in used]
        notes.append(f'The masks hold the numbers {some(used)}; --classes gives them names.')
        return names, {one: number for number, one in enumerate(used)}, notes
    if used and used[-1] == len(names):
        notes.append('There is a number more than names: 0 in masks is taken for unlabelled, and classes count from 1.')
        return list(names), {0: IGNORED, **{number + 1: number for number in range(len(names))}}, notes
    if used and used[-1] > len(names):
        raise UsageError(f'the masks in {tree.root} hold the number {used[-1]}, and {len(names)} classes are named '
                         f'({some(names)}), from 0 on: name them all.')
    return list(names), {number: number for number in range(len(names))}, notes
