"""Folders in the layouts of datasets whose classes are known by name, with a few small pictures in each."""
import json
from pathlib import Path

import mmcv
import numpy as np

from vpt_mm.datasets.words.table import find_words

NAMES = ['grey_wolf', 'Sports Car', 'Tree frog', 'red fox', 'Émeu', 'sea lion', 'Boeing 707-320']


def draw(path, label):
    """A small picture of one class."""
    picture = np.random.default_rng(label).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    mmcv.imwrite(picture, str(path))


def write_words(root, name, *, classes=4, each=3):
    """Write a dataset of the table with so many classes, and images of each in every split; returns its folder."""
    task = find_words(name)
    folder = Path(root, task.folder)
    WRITERS[task.layout](folder, task, NAMES[:classes], each)
    return folder


def write_split(folder, task, names, each):
    parts = {}
    for part in ('train', 'val', 'test'):
        paths = [(f'{name.replace(" ", "")}/{part}{number}.jpg', label, name)
                 for label, name in enumerate(names) for number in range(each)]
        parts[part] = [list(entry) for entry in paths]
        for path, label, _ in paths:
            draw(folder / task.images[part] / path, label)
    (folder / task.file).write_text(json.dumps(parts), encoding='utf-8')


def write_wnids(folder, task, names, each):
    folders = [f'n{label:08}' for label in range(len(names))]
    for place in sorted(set(task.images.values())):
        for label, one in enumerate(folders):
            one = str(label) if task.name == 'ImageNetV2' else one
            for number in range(each):
                draw(folder / place / one / f'{number}.JPEG', label)
    lines = [f'{one} {name}' for one, name in zip(folders, names)]
    (folder / task.file).write_text('\n'.join(lines) + '\n', encoding='utf-8')


def write_variants(folder, task, names, each):
    for start, part in enumerate(('train', 'val', 'test')):
        lines = []
        for label, name in enumerate(names):
            for number in range(each):
                image = f'{1000 * start + 100 * label + number:07}'
                draw(folder / 'images' / f'{image}.jpg', label)
                lines.append(f'{image} {name}')
        (folder / f'images_variant_{part}.txt').write_text('\n'.join(lines) + '\n', encoding='utf-8')
    (folder / task.file).write_text('\n'.join(names) + '\n', encoding='utf-8')


def write_folders(folder, task, names, each):
    for number, domain in enumerate(task.images):
        place = domain if number % 2 else domain.replace('_', ' ').title()  # as we name it, and as it is downloaded
        for label, name in enumerate(names):
            for image in range(each):
                draw(folder / place / name / f'{image:05}.jpg', label)


def write_lists(folder, task, names, each):
    for place in task.images.values():
        paths = [(f'{name.replace(" ", "_")}/{number}.png', label)
                 for label, name in enumerate(names) for number in range(each)]
        for path, label in paths:
            draw(folder / place / path, label)
        text = ''.join(f'{path} {label}\n' for path, label in paths)
        (folder / place / task.file).write_text(text, encoding='utf-8')


WRITERS = dict(split=write_split, wnids=write_wnids, variants=write_variants, folders=write_folders, lists=write_lists)
