"""Checks of folders of one's own images: their layout, and the classes that the head is built for."""
import os
from pathlib import Path

import numpy as np
from mmengine.registry import DATASETS
from PIL import Image

from ..errors import UsageError, some

PARTS = {'train', 'training', 'val', 'validation', 'test'}
MASK_MODES = ('1', 'L', 'P', 'I', 'I;16')  # of PIL: one number a pixel
MOST_READ = 200  # about so many images and masks are read before a run


def check_class_folders(dataset, classes):
    """One folder of images for each class of the head.

    Args:
        dataset: config of mmpretrain's ``CustomDataset``.
        classes: number of classes of the head, or None where it has none.

    Raises:
        UsageError: a layout or a number of classes that is another.
    """
    built = DATASETS.build({**dataset, 'pipeline': [], 'lazy_init': True})
    root = Path(built.img_prefix)
    names = sorted(one.name for one in root.iterdir() if one.is_dir() and one.name[0] != '.') if root.is_dir() else []
    if not names:
        raise UsageError(f'every class needs a folder of images, such as {root / "cat" / "1.jpg"}, but {root} has no '
                         'folders.')
    if set(names) <= PARTS:
        raise UsageError(f'{root} needs one folder a class, and has {some(names)}: for images that are split '
                         'already, take configs/own/classify_split.py, which reads the folders train and val.')
    if len(names) == 1:
        inner = root / names[0]
        deeper = f' Did you mean {inner}?' if inner.is_dir() and any(one.is_dir() for one in inner.iterdir()) else ''
        raise UsageError(f'a classification needs at least 2 classes, one folder each, and {root} has only {names[0]}.'
                         f'{deeper}')
    empty = [name for name in names if not _holds_image(root / name, built.extensions)]
    if empty:
        raise UsageError(f'every class needs images ({some(sorted(built.extensions))}), and these folders of {root} '
                         f'have none: {some(empty)}.')
    if classes is not None and len(names) != classes:
        raise UsageError(f'{root} has {len(names)} classes ({some(names)}), but the head is built for {classes}: '
                         f'set NUM_CLASSES={len(names)}, or model.head.num_classes in a config of your own.')
    for sample in _spread(built.load_data_list()):
        _read_image(sample['img_path'])


def _spread(samples):
    return samples[::max(1, len(samples) // MOST_READ)]


def _read_image(file):
    try:
        with Image.open(file) as image:
            image.load()
            return image
    except (OSError, SyntaxError, ValueError) as error:
        raise UsageError(f'{file} is no image that can be read ({error}): mend it or take it away.') from None


def _holds_image(folder, extensions):
    """Whether an image lies in the folder or below; links are followed, as the dataset does."""
    return any(file.lower().endswith(extensions) for _, _, files in os.walk(folder, followlinks=True) for file in files)


def check_masks(images, dataset):
    """Masks hold class numbers, one a pixel, and tell something apart; a spread of them is read.

    Args:
        images: the dataset's list of files.
        dataset: config of mmseg's ``BaseSegDataset``.

    Raises:
        UsageError: names the mask and what it holds.
    """
    names = (dataset.get('metainfo') or {}).get('classes') or ()
    if len(names) < 2 or any(not name or name != name.strip() for name in names):
        raise UsageError('a segmentation needs the names of at least 2 classes, without spaces around them, in the '
                         f'order of their numbers, got {list(names)}: set CLASSES=background,crack, or metainfo '
                         'of the dataset.')
    first = int(bool(dataset.get('reduce_zero_label')))
    allowed = {*range(first, first + len(names)), 255, *range(first)}
    found = set()
    for image in _spread(images):
        values = _read_mask(image)
        wrong = sorted(set(values) - allowed)
        if wrong:
            raise UsageError(f'masks hold the numbers {first}..{first + len(names) - 1} of the {len(names)} classes, '
                             f'and 255 for ignored pixels, but {image["seg_map_path"]} holds {some(wrong)}. Name '
                             'every class in CLASSES, or number them anew.')
        found.update(values)
    if len(found - {255, *range(first)}) < 2:
        raise UsageError(f'there is nothing to tell apart: the masks in {Path(image["seg_map_path"]).parent} hold only '
                         f'{some(sorted(found))}, and 255 means ignored. Where 255 is to be a class, write its '
                         'number instead, such as 1.')


def _read_mask(image):
    """The numbers in a mask."""
    path = image['seg_map_path']
    mask, picture = _read_image(path), _read_image(image['img_path'])
    if mask.mode not in MASK_MODES:
        raise UsageError(f'masks hold one class number a pixel, but {path} is a colour image ({mask.mode}): write '
                         'the number of the class in place of its colour, as a grey or palette PNG.')
    if mask.size != picture.size:
        raise UsageError(f'{path} is {mask.size[0]}x{mask.size[1]}, its image {image["img_path"]} is '
                         f'{picture.size[0]}x{picture.size[1]}: they must be of one size.')
    return np.unique(np.asarray(mask)).tolist()
