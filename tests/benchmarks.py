"""Folders of list-file tasks, with images in which a tiny backbone can see the class, and sweeps over them."""
import json
from pathlib import Path

import cv2
import numpy as np

from tests.conftest import TINY
from tests.runs import save_weights
from vpt_mm.datasets import find_task
from vpt_mm.sweep.execute import execute

ROOT = Path(__file__).parents[1]


def write_task(root, name, *, size=32, train=8, val=4, test=4, form='txt', seed=0):
    """Write a task's folder: so many images of each split, the labels in turn over up to four classes."""
    task = find_task(name)
    folder = Path(root, task.folder)
    rng = np.random.default_rng([seed, sum(map(ord, name))])
    splits = {task.splits.train: train, task.splits.val: val, task.splits.test: test}
    listed = {split: [write_image(folder, split, index, size=size, label=index % min(4, task.classes), rng=rng)
                      for index in range(count)] for split, count in splits.items() if count}
    listed[task.splits.both] = listed[task.splits.train] + listed.get(task.splits.val, [])
    for split, entries in listed.items():
        if split == task.splits.both and task.benchmark == 'fgvc':
            continue  # FGVC's lists have no file of both
        text = json.dumps(dict(entries)) if form == 'json' else ''.join(f'{path} {label}\n' for path, label in entries)
        (folder / f'{split}.{form}').write_text(text)
    return folder


def write_image(folder, split, index, *, size, label, rng):
    """Noise that is brighter in the quarter of the label."""
    path = folder / 'images' / split / f'{index:04d}.png'
    path.parent.mkdir(parents=True, exist_ok=True)
    image = rng.integers(0, 160, (size, size, 3), dtype=np.uint8)
    half, (row, column) = size // 2, divmod(label, 2)
    image[row * half:(row + 1) * half, column * half:(column + 1) * half] += 80
    cv2.imwrite(str(path), image)
    return str(path.relative_to(folder)), label


def tiny_options(weights, root, *, epochs=2):
    """Entries of a ViT-B config that make it a test's size."""
    options = {'model.backbone.arch': dict(TINY, _delete_=True), 'model.backbone.patch_size': 8,
               'model.backbone.init_cfg.checkpoint': weights, 'model.head.in_channels': 32,
               'train_cfg.max_epochs': epochs, 'param_scheduler': None}
    for phase in ('train', 'test'):
        options.update({f'{phase}_dataloader.num_workers': 0, f'{phase}_dataloader.persistent_workers': False,
                        f'{phase}_dataloader.dataset.root': str(root)})
    return options


def write_sweep(folder, *, tasks=('dtd', 'svhn'), rates=(0.5, 5.), lengths=(1, 2), seeds=(1, 2), epochs=2,
                **changes):
    """A sweep's file over tiny tasks, with its weights and data in ``folder``; returns the file."""
    folder = Path(folder)
    for task in tasks:
        write_task(folder / 'data', task)
    weights = save_weights(folder / 'base.pth')
    sgd = dict(type='SGD', momentum=0.9)
    entries = dict(
        config=str(ROOT / 'configs' / 'vtab' / 'vit-b_vtab.py'), tasks=list(tasks), seeds=list(seeds), batch_size=4,
        sizes=[32], options=tiny_options(weights, folder / 'data', epochs=epochs),
        protocols={'Linear': dict(tuning=dict(type='LinearProbe'), optimizer=sgd, grid=dict(lr=list(rates))),
                   'VPT-deep': dict(tuning=dict(type='DeepPrompt'), optimizer=sgd,
                                    grid=dict(lr=list(rates), length=list(lengths)))})
    file = folder / 'sweep.py'
    file.write_text('\n'.join(f'{key} = {value!r}' for key, value in {**entries, **changes}.items()))
    return file


class SerialPool:
    """What a RayPool does, here and one run after the other."""

    room = property(lambda self: 1 - len(self.running))

    def __init__(self):
        self.running = []
        self.done = 0

    def submit(self, run, **options):
        self.running.append((run, options))

    def next_finished(self):
        run, options = self.running.pop()
        self.done += 1
        try:
            return run, self.outcome(run, **options)
        except Exception as error:
            return run, error

    def outcome(self, run, **options):
        return execute(run.config, **options)
