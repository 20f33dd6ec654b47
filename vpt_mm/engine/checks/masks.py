"""Masks: each image has one of its size, which holds numbers of classes, and more than one of them."""
import os
from collections import Counter
from pathlib import Path

import numpy as np

from ...datasets.formats import ENDINGS
from ...errors import UsageError, some
from .files import BLOCK, Reader, numbers_in
from .folders import list_samples
from .parts import name_of, warn

MOST_CLASSES = 255  # masks are loaded with 8 bits, of which 255 means ignored


def check_scenes(built, config, *, where, ignored, training):
    """Images and masks of a dataset for segmentation; returns its list of files.

    Args:
        built: mmseg's ``BaseSegDataset`` or one that inherits from it.
        config: of the dataset.
        where: how to get the data, for messages.
        ignored: label that the heads ignore.
        training: whether the head learns from them, so that masks must tell something apart.

    Raises:
        UsageError: names the file and what it holds.
    """
    suffixes = config.get('img_suffix', '.')
    for suffix in [suffixes] if isinstance(suffixes, str) else suffixes:
        if suffix != 'any' and not suffix.startswith('.'):
            raise UsageError(f'the ending of images begins with a dot, got {suffix!r}: set SUFFIX=.{suffix}, or '
                             'img_suffix of the dataset.')
    folder = built.data_prefix.get('img_path') or ''
    images = list_samples(built, config)
    if not images:
        raise UsageError(f'no images in {folder} ({name_of(config)}): {where}')
    _tell_of_others(folder, images)
    reader = Reader(config, getattr(built, 'most_pixels', None))
    if not reader.masks:
        for image in reader.spread(images):
            reader.read(image)
        return images
    _require_masks(images)
    _require_names(built, config)
    _check_numbers(images, built, reader, ignored=ignored, training=training)
    reader.tell()
    return images


def _tell_of_others(folder, images):
    """Images that the dataset leaves out, since their names end otherwise."""
    known = {image['img_path'] for image in images}
    if not os.path.isdir(folder):
        return
    others = [entry.name for entry in os.scandir(folder)
              if entry.name.lower().endswith(ENDINGS) and not entry.name.startswith('.')
              and os.path.join(folder, entry.name) not in known]
    if others:
        warn(f'{len(others)} images in {folder} end otherwise than img_suffix says and are left out, such as '
             f"{others[0]}: take type='MaskFolders' with img_suffix='any', or name their ending as well.")


def _require_masks(images):
    bare = [image for image in images if not image.get('seg_map_path')]
    if bare:
        raise UsageError('LoadAnnotations loads masks, and the dataset has none: set data_prefix.seg_map_path, or take '
                         'LoadAnnotations out of the pipeline.')
    bare = [image for image in images if not os.path.isfile(image['seg_map_path'])]
    if bare:
        raise UsageError(f"every image needs a mask, but {len(bare)} of {len(images)} have none: {bare[0]['img_path']} "
                         f"should have {bare[0]['seg_map_path']}.")
    mask, count = Counter(image['seg_map_path'] for image in images).most_common(1)[0]
    if count > 1:
        several = [image['img_path'] for image in images if image['seg_map_path'] == mask]
        raise UsageError(f'every image needs a mask of its own, but {some(several)} share {mask}: rename them.')


def _require_names(built, config):
    names = list(built.metainfo.get('classes') or ())
    given = list((config.get('metainfo') or {}).get('classes') or ())
    if len(names) < 2 or any(not name or name != name.strip() for name in given):
        raise UsageError('a segmentation needs the names of at least 2 classes, without spaces around them, in the '
                         f'order of their numbers, got [{some(map(repr, names))}]: set CLASSES=background,crack, or '
                         'metainfo of the dataset.')
    if len(names) > MOST_CLASSES - int(built.reduce_zero_label):
        raise UsageError(f'masks are loaded with 8 bits, of which 255 means ignored, so that there can be '
                         f'{MOST_CLASSES - int(built.reduce_zero_label)} classes, got {len(names)}.')
    twice = [name for name, count in Counter(given).items() if count > 1]
    if twice:
        raise UsageError(f'every class has a name of its own, but {some(twice)} stands twice in {some(names)}.')


def _check_numbers(images, built, reader, *, ignored, training):
    """Look at the numbers in a spread of masks."""
    first, names = int(bool(built.reduce_zero_label)), built.metainfo['classes']
    count = len(built.METAINFO['classes'] if built.label_map else names)
    found, labels, read = set(), set(), 0
    for sample in reader.spread(images):
        mask, image = sample['seg_map_path'], reader.read(sample)
        raw, loaded = reader.read_mask(sample)
        if loaded.shape != tuple(image['img_shape'][:2]):
            raise UsageError(_explain_size(sample, loaded.shape, image['img_shape']))
        reader.note_turned(sample, loaded.shape)
        wrong = _wrong_numbers(raw, loaded, {*range(len(names)), ignored})
        if wrong:
            raise UsageError(f'masks hold the numbers {first}..{first + count - 1} of the {count} classes, and '
                             f'{ignored} for ignored pixels, but {mask} holds {some(wrong)}. Name every class in '
                             'CLASSES, or number them anew.')
        read += 1
        found |= numbers_in(raw)
        labels |= numbers_in(loaded) - {ignored}
    if not training:
        return
    if len(labels) < 2:
        raise UsageError(f'there is nothing to tell apart: the masks in {Path(mask).parent} hold only '
                         f'{some(sorted(found))}, and {ignored} means ignored. Where {ignored} is to be a class, write '
                         'its number instead, such as 1.')
    absent = [name for label, name in enumerate(names) if label not in labels]
    if absent and read == len(images):
        warn(f'no mask that is trained on has a pixel of {some(absent)}: the head will not learn it.')


def _wrong_numbers(raw, loaded, allowed):
    """The numbers of a mask that are loaded as something else than a class or ignored."""
    parts = [np.array_split(array.reshape(-1), max(1, array.size // BLOCK)) for array in (raw, loaded)]
    wrong = set()
    for numbers, labels in zip(*parts):
        wrong.update(np.unique(numbers[~np.isin(labels, list(allowed))]).tolist())
    return sorted(wrong)


def _explain_size(sample, mask, image):
    told = (f'{sample["seg_map_path"]} is {mask[1]}x{mask[0]}, its image {sample["img_path"]} is '
            f'{image[1]}x{image[0]}: they must be of one size.')
    if tuple(mask) == tuple(image[1::-1]):
        told += ' Where the EXIF of the image turns it, the mask must be turned as well.'
    return told
