"""Folders and lists of classes: their layout, and that the numbers of classes are what the head takes them for."""
import os
from pathlib import Path

from ...errors import UsageError, some, telling
from .files import Reader
from .parts import build_dataset, leaves, name_of

PARTS = {'train', 'training', 'val', 'validation', 'test'}
MOST_ASKED = 100_000  # files of which it is looked whether they are there


def check_class_folders(built, config, classes):
    """One folder of images for each class of the head; returns the dataset's list of files.

    Args:
        built: ``ImageFolders``, or mmpretrain's ``CustomDataset`` without a list.
        config: of the dataset.
        classes: number of classes of the head, or None where it has none.

    Raises:
        UsageError: a layout or a number of classes that is another.
    """
    root = Path(built.img_prefix)
    folders = [path for path in root.iterdir() if path.is_dir()] if root.is_dir() else []
    names = sorted(path.name for path in folders if not path.name.startswith('.'))
    if not names:
        raise UsageError(f'every class needs a folder of images, such as {root / "cat" / "1.jpg"}, but {root} has no '
                         f'folders. vpt-mm data {root} looks for other layouts.')
    if set(names) <= PARTS:
        raise UsageError(f'{root} needs one folder a class, and has {some(names)}: for images that are split '
                         'already, take configs/own/classify_split.py, which reads the folders train and val, or the '
                         f'config that vpt-mm data {root} writes.')
    if len(names) == 1:
        inner = root / names[0]
        deeper = f' Did you mean {inner}?' if any(path.is_dir() for path in inner.iterdir()) else ''
        raise UsageError(f'a classification needs at least 2 classes, one folder each, and {root} has only {names[0]}.'
                         f'{deeper}')
    if name_of(config) == 'CustomDataset':
        _require_nothing_hidden(root, folders)
    samples = list_samples(built, config)
    filled = {Path(sample['img_path']).relative_to(root).parts[0] for sample in samples}
    empty = [name for name in names if name not in filled]
    if empty:
        endings = getattr(built, 'endings', None) or built.extensions
        raise UsageError(f'every class needs images ({some(sorted(endings), 12)}), and these folders of {root} have '
                         f'none: {some(empty)}.')
    if classes is not None and len(names) != classes:
        raise UsageError(f'{root} has {len(names)} classes ({some(names)}), but the head is built for {classes}: '
                         f'set NUM_CLASSES={len(names)}, or model.head.num_classes in a config of your own.')
    return samples


def _require_nothing_hidden(root, folders):
    """mmpretrain counts hidden folders as classes, and what they hold as images."""
    for folder in folders:
        for place, inner, _ in os.walk(folder):
            hidden = [name for name in [os.path.basename(place), *inner] if name.startswith('.')]
            if hidden:
                raise UsageError(f'CustomDataset takes the hidden folder {hidden[0]} in {root} for data like any '
                                 "other: remove it, or take type='ImageFolders', which leaves out what is hidden.")


def check_list(built, config, classes):
    """A list of images and labels, each of which is there; returns it.

    Raises:
        UsageError: no such list, a line that cannot be read, an image that is not there, or a label that no class has.
    """
    if name_of(config) == 'CustomDataset' and getattr(built, 'with_label', False):
        _check_lines(Path(built.ann_file))
    samples = list_samples(built, config)
    paths = [sample['img_path'] for sample in samples if isinstance(sample.get('img_path'), str)]
    asked = [path for path in paths[::len(paths) // MOST_ASKED + 1] if '://' not in path]
    missing = [path for path in asked if not os.path.isfile(path)]
    if missing:
        raise UsageError(f'{len(missing)} of {len(asked)} images that {built.ann_file or name_of(config)} lists are '
                         f'missing: {missing[0]}. Paths count from {built.data_prefix.get("img_path") or "here"}.')
    for sample in samples if classes else ():
        labels = sample.get('gt_label')
        for label in labels if isinstance(labels, (list, tuple)) else [labels]:
            if isinstance(label, int) and not 0 <= label < classes:
                raise UsageError(f'labels must be 0..{classes - 1}, as the head has {classes} classes, but '
                                 f'{built.ann_file or name_of(config)} has {label} for {sample.get("img_path")}.')
    return samples


def _check_lines(file):
    if not file.is_file():
        raise UsageError(f'no list of images at {file}.')
    for number, line in enumerate(file.read_text().splitlines(), 1):
        path, _, label = line.strip().rpartition(' ')
        if not path or not label.isdigit():
            raise UsageError(f'{file}, line {number}: the path of an image, a space and the number of its class are '
                             f'needed, got {line!r}.')


def list_samples(built, config):
    """The dataset's own list of files, without loading one."""
    with telling(f'the data of {name_of(config)} cannot be listed'):
        return built.load_data_list()


def read_images(samples, config):
    """Read a spread of images."""
    reader = Reader(config)
    for sample in reader.spread(samples):
        reader.read(sample)


def check_split(dataset, classes):
    """Every class of folders or lists has images in training, also where a part is held out.

    Args:
        dataset: config of the training data, whatever is around them.
        classes: their names.

    Raises:
        UsageError: names the classes without images.
    """
    inner = list(leaves(dataset))
    if not all(name_of(one) in ('ImageFolders', 'ListedImages', 'CustomDataset') for one in inner) or not classes:
        return
    built = build_dataset(dataset)
    if not hasattr(built, 'get_gt_labels'):
        return
    found = set(map(int, built.get_gt_labels()))
    absent = [name for label, name in enumerate(classes) if label not in found]
    if absent:
        held = ', all of theirs are held out' if dataset not in inner else ''
        raise UsageError(f'every class needs images to train on, and {some(absent)} has none{held}: add images of it, '
                         'split them otherwise (seed, fold), or leave the class out.')
