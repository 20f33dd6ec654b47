"""Data of a phase: they are there, can be read, and mean what the heads take them for; one check a kind of dataset."""
import os

from mmengine.dataset import BaseDataset
from mmengine.registry import DATASETS
from mmpretrain.datasets import BaseDataset as ClassifierDataset
from mmpretrain.datasets import CustomDataset
from mmseg.datasets import BaseSegDataset

from ...datasets import ImageFolders, JoinedClasses, TaskDataset
from ...datasets.joined_classes import join_names
from ...errors import UsageError
from .folders import check_class_folders, check_list, check_split, list_samples, read_images
from .heads import check_classes, classes_of, ignored_by, is_by_name
from .masks import check_scenes
from .parts import build_dataset, class_of, inner_of, name_of

WHERE_TO_GET = {  # of other packages' datasets; ours have an attribute of this name
    'ADE20KDataset': 'get ADEChallengeData2016.zip from http://sceneparsing.csail.mit.edu and unpack it there, or '
                     'try the config on scenes that this package draws: '
                     'python -m vpt_mm.datasets.digits.scenes {root} --images 20',
    'CustomDataset': ImageFolders.where_to_get,
    'BaseSegDataset': 'set data_root to the folder that holds the images and masks, and img_suffix to the ending of '
                      'the images'}
OTHER_NAMES = ('ImageNet21k', )  # to which mmpretrain gives the thousand names of ImageNet-1k


def check_data(dataset, model, *, phase='train', read=None):
    """The data of a phase.

    Args:
        dataset: config of the phase's dataset, or of one that joins, repeats or splits others.
        model: config of the whole model.
        phase: 'train', 'val' or 'test'.
        read: list of what was checked already, which grows: parts of one folder are read once.

    Returns:
        tuple: the names of the classes, or None, and the entries of all files, or None.

    Raises:
        UsageError: the first thing that is not as it must be.
    """
    classes, samples = _check_parts(dataset, model, phase, [] if read is None else read)
    if phase == 'train':
        check_split(dataset, classes)
    return classes, samples


def _check_parts(config, model, phase, read):
    """Of a joined dataset, whose parts each have a share of the head's classes, no part is held against the head."""
    inner, joined = inner_of(config), class_of(config, DATASETS) is JoinedClasses
    if not inner:
        return _check_leaf(config, model, phase, read)
    found = [_check_parts(one, {} if joined else model, phase, read) for one in inner]
    names, entries = zip(*found)
    samples = [entry for part in entries for entry in part] if None not in entries else None
    if not joined:
        return names[-1], samples
    classes = join_names(names) if all(names) else None
    check_classes(model, classes, name_of(config))
    return classes, samples


def _check_leaf(config, model, phase, read):
    kind = class_of(config, DATASETS)
    where = _where_to_get(config, kind)
    root = config.get('data_root')
    if root is not None and '://' not in root and not os.path.isdir(root):
        raise UsageError(f'no data at {root} ({name_of(config)}): {where}')
    if kind is None or not issubclass(kind, BaseDataset):
        return (getattr(kind, 'METAINFO', None) or {}).get('classes'), None
    built = build_dataset(config, lazy_init=True)
    check = next(check for base, check in CHECKS if isinstance(built, base))
    samples = check(built, config, model, where=where, training=phase == 'train', read=read)
    classes = None if name_of(config) in OTHER_NAMES else built.metainfo.get('classes')
    if phase == 'train' or not is_by_name(model):
        check_classes(model, classes, name_of(config))
    return classes, samples


def _where_to_get(config, kind):
    where = getattr(kind, 'where_to_get', WHERE_TO_GET.get(name_of(config), 'put it there, or set data_root'))
    return where.format(root=config.get('data_root'))


def _check_folders(built, config, model, *, read, **_):
    samples = check_class_folders(built, config, classes_of(model))
    return _read_once(samples, config, read)


def _check_custom(built, config, model, *, read, **options):
    if name_of(config) == 'CustomDataset' and built.with_label and not built.ann_file:
        return _check_folders(built, config, model, read=read)
    if not built.ann_file:  # of a published set, in folders
        return None
    return _check_listed(built, config, model, read=read)


def _check_listed(built, config, model, *, read, **_):
    samples = check_list(built, config, classes_of(model))
    return _read_once(samples, config, read)


def _read_once(samples, config, read):
    paths = [sample.get('img_path') for sample in samples]
    if paths and all(isinstance(path, str) and '://' not in path for path in paths) and paths not in read:
        read.append(paths)
        read_images(samples, config)
    return samples


def _check_scenes(built, config, model, *, where, training, **_):
    return check_scenes(built, config, where=where, ignored=ignored_by(model), training=training)


def _list_only(built, config, model, **_):
    return list_samples(built, config)


def _check_annotations(built, config, model, **_):
    """Of another kind, such as a detector's."""
    if built.ann_file and '://' not in built.ann_file and not os.path.exists(built.ann_file):
        raise UsageError(f'no annotations at {built.ann_file} ({name_of(config)}).')


CHECKS = (  # the first that fits; a dataset's own class stands before those that it inherits from
    (TaskDataset, _list_only),  # which looks at every file itself
    (ImageFolders, _check_folders),
    (CustomDataset, _check_custom),
    (ClassifierDataset, _check_listed),
    (BaseSegDataset, _check_scenes),
    (BaseDataset, _check_annotations))
