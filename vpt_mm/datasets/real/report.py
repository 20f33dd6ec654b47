"""What the real tasks are like: how many images, how far colours and pixels alone get, and pictures.

    python -m vpt_mm.datasets.real.report fashion scans
"""
import argparse
from collections.abc import Callable

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from ...errors import ending, needs_extra
from ...picture import picture, require_picture
from .table import REAL_TASKS, SPLITS, find_real, load_real

SIDE = 14  # pixels that images are reduced to


def colours(images: list[np.ndarray]) -> np.ndarray:
    """Mean and deviation of each channel, (N, 6)."""
    return np.stack([np.concatenate([image.mean((0, 1)), image.std((0, 1))]) for image in images])


def pixels(images: list[np.ndarray]) -> np.ndarray:
    """Images of 14x14 pixels as vectors, (N, 588)."""
    return np.stack([cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA).ravel() for image in images])


def real_table(names: list[str], *, root: str = 'data') -> Table:
    """A row for each task: images of each split, the largest class of the test, and what little is worth there.

    Raises:
        UsageError: no task of this name, or data that are not there.
    """
    table = Table(title='Real tasks: images, and test accuracy of logistic regression that learned from trainval')
    for title in ('task', 'classes', *SPLITS, 'largest class', 'colours', 'pixels'):
        table.add_column(title, justify='left' if title == 'task' else 'right')
    for name in names:
        found = {split: load_real(name, split, root=root) for split in SPLITS}
        labels = found['test'][1]
        shares = [np.bincount(labels).max() / len(labels),
                  *(score(features, found['trainval'], found['test']) for features in (colours, pixels))]
        table.add_row(name, str(len(find_real(name).classes)), *(f'{len(own):,}' for _, own in found.values()),
                      *(f'{100 * share:.1f}' for share in shares))
    return table


def score(features: Callable, learned: tuple, tested: tuple) -> float:
    """Share of test images that logistic regression on some features tells.

    Args:
        features: of a list of images, (N, F).
        learned, tested: images and labels.
    """
    with needs_extra('demo', 'logistic regression'):
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=500))
    return model.fit(features(learned[0]), learned[1]).score(features(tested[0]), tested[1])


def draw_real(names: list[str], out: str, *, root: str = 'data', columns: int = 10) -> None:
    """Write a picture: a row of training images for each task, over its classes from the first to the last."""
    size = columns * 0.85 + 1, len(names) * 1.02
    with picture(out, len(names), columns, size=size, squeeze=False) as (_, axes):
        for row, name in zip(axes, names):
            images, labels = load_real(name, 'train', root=root)
            order = np.argsort(labels, kind='stable')
            for cell, index in zip(row, order[np.linspace(0, len(order) - 1, columns).astype(int)]):
                cell.imshow(images[index])
                cell.set_title(find_real(name).classes[labels[index]], fontsize=7, pad=2)
                cell.set(xticks=[], yticks=[])
            row[0].set_ylabel(name, rotation=0, ha='right', va='center')


def main(args=None):
    parser = argparse.ArgumentParser(prog='python -m vpt_mm.datasets.real.report',
                                     description=__doc__.split('\n')[0])
    parser.add_argument('tasks', nargs='+', metavar='TASK', help=', '.join(REAL_TASKS))
    parser.add_argument('--root', default='data', help='folder in which data are looked for first (default: data)')
    parser.add_argument('--picture', metavar='FILE', help='draw images of each task into this file')
    options = parser.parse_args(args)
    with ending(parser):
        if options.picture:
            require_picture(options.picture)
        Console(width=100).print(real_table(options.tasks, root=options.root))
        if options.picture:
            draw_real(options.tasks, options.picture, root=options.root)
            print(options.picture)


if __name__ == '__main__':
    main()
