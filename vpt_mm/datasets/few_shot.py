"""FewShot: a few images of each class, drawn by a seed and written down."""
import json
import os
from pathlib import Path

import numpy as np
from mmengine.logging import print_log
from mmengine.registry import DATASETS

from ..errors import UsageError, require_counts, some
from ..files import write_whole
from .labels import labels_of
from .part import Part


@DATASETS.register_module()
class FewShot(Part):
    """The same number of images of every class, for training on few (Zhou et al. 2022, IJCV, section 4.1).

    A seed puts the images of each class in an order of their paths, of which the first are taken: those of 4 shots are
    among those of 16, and neither other classes nor the folder that the data lie in change them. They aren't the images
    of CoOp's own draws, which are kept as pickles.

    Args:
        dataset: config of a classification dataset, or the dataset.
        shots: images of each class; None for all that there are, and nothing is written.
        seed: of the draw.
        file: list in JSON, {class: [image, ...]}, which is written where it isn't there, and read where it is. A list
            of one's own makes another choice. None: nothing is written.
        fewer: take all images of a class that has fewer, which is then said.

    Raises:
        UsageError: a dataset without labels, a class with fewer images, or a list that is of other data.
    """

    def __init__(self, dataset, *, shots, seed=1, file=None, fewer=False):
        dataset = DATASETS.build(dataset) if isinstance(dataset, dict) else dataset
        if shots is None:
            super().__init__(dataset, list(range(len(dataset))))
            return
        require_counts(shots=shots)
        labels = labels_of(dataset)
        names, keys = _names(dataset, labels), _keys(dataset)
        if file is not None and Path(file).is_file():
            drawn = _read(file, names, shots)
        else:
            drawn = {name: _draw(keys, np.flatnonzero(labels == label), shots, seed, label)
                     for label, name in names.items()}
            _require_shots(drawn, shots, fewer)
            if file is not None:
                write_whole(json.dumps(drawn, indent=1, ensure_ascii=False).encode(), file)
        super().__init__(dataset, _find(drawn, keys, labels, names, file))


def _draw(keys, own, shots, seed, label):
    """Keys of some of the images at the indices ``own``."""
    own = sorted(keys[index] for index in own)
    return [own[place] for place in np.random.default_rng([seed, label]).permutation(len(own))[:shots]]


def _names(dataset, labels):
    """{label: name of the class}, of all classes that the data name, or that they hold."""
    classes = (getattr(dataset, 'metainfo', None) or {}).get('classes')
    twice = sorted({name for name in classes or () if classes.count(name) > 1})
    if twice:
        raise UsageError(f'a list of shots names each class once, and the data name several alike: {some(twice)}.')
    return dict(enumerate(classes)) if classes else {label: str(label) for label in np.unique(labels).tolist()}


def _keys(dataset):
    """What an image is called in a list: its path below the folder that all images share, or its number."""
    paths = [dataset.get_data_info(index).get('img_path') for index in range(len(dataset))]
    if not paths or not all(isinstance(path, str) for path in paths):
        return [str(index) for index in range(len(dataset))]
    root = getattr(dataset, 'data_root', None) or os.path.commonpath([os.path.dirname(path) for path in paths])
    return [Path(os.path.relpath(path, root)).as_posix() for path in paths]


def _require_shots(drawn, shots, fewer):
    short = [f'{name} ({len(images)})' for name, images in drawn.items() if len(images) < shots]
    if short and not fewer:
        raise UsageError(f'every class needs {shots} images to draw from, and these have fewer: {some(short)}. Ask for '
                         'fewer shots, or set fewer=True, which takes all that such a class has.')
    if short:
        print_log(f'Fewer than {shots} shots, all that there are: {some(short)}.', logger='current')


def _read(file, names, shots):
    """The lists in a file, which name images and nothing else."""
    try:
        drawn = json.loads(Path(file).read_text(encoding='utf-8'))
        whole = isinstance(drawn, dict) and all(
            isinstance(images, list) and all(isinstance(image, str) for image in images) for images in drawn.values())
    except (ValueError, RecursionError):
        whole = False
    if not whole:
        raise UsageError(f'{file} must be an object {{class: [image, ...]}} in JSON. Remove it, and it is drawn anew.')
    other = sorted({*names.values()} ^ {*drawn})
    if other:
        raise UsageError(f'{file} lists images of other classes than the data have: {some(other)}. Name another file.')
    long = [f'{name} ({len(images)})' for name, images in drawn.items() if len(images) > shots]
    if long:
        raise UsageError(f'{file} is not a list of {shots} shots: {some(long)}. Name another file, or remove it.')
    return drawn


def _find(drawn, keys, labels, names, file):
    """Indices of the images, ascending; a list names images of the dataset, and no other file is ever looked at."""
    places = {key: index for index, key in enumerate(keys)}
    absent = [image for images in drawn.values() for image in images if image not in places]
    if absent:
        raise UsageError(f'{file} lists images that the data have not: {some(absent)}. Remove it, and it is drawn '
                         'anew from what is there.')
    numbers = {name: label for label, name in names.items()}
    wrong = [image for name, images in drawn.items() for image in images if labels[places[image]] != numbers[name]]
    if wrong:
        raise UsageError(f'{file} lists images under another class than theirs: {some(wrong)}.')
    return sorted(places[image] for images in drawn.values() for image in images)
