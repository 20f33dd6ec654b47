"""What the segmentors of a sweep say about the first test images, side by side.

    python -m vpt_mm.visualise.predictions work_dirs/sweeps/real_scenes --protocols HeadOnly VPT-deep Full

draws the models that vpt-mm sweep --save-checkpoints left there.
"""
import argparse
import csv
from pathlib import Path

import numpy as np
import torch
from mmengine.device import get_device

from ..config_file import read_config_file
from ..engine.runner import build_runner
from ..errors import UsageError, ending
from ..picture import picture, require_picture


def draw_predictions(folder: str | Path, protocols: list[str], out: str | Path, *, seed: int = 42,
                     images: int = 5) -> None:
    """Write a picture: a row for each image; the image, the truth, and what the model of each protocol says.

    Args:
        folder: of a sweep over segmentors, with its ``results.csv`` and checkpoints.
        protocols: names in it.
        out: picture to write.
        seed: of the runs.
        images: how many, the first of the test.

    Raises:
        UsageError: no such run, one whose model wasn't saved, or a picture that can't be written.
    """
    require_picture(out)
    found = {name: predict(_find(Path(folder), name, seed), images) for name in protocols}
    first = next(iter(found.values()))
    columns = {'image': first.images, 'truth': first.colour(first.truth),
               **{name: one.colour(one.masks) for name, one in found.items()}}
    with picture(out, images, len(columns), size=(1.9 * len(columns), 1.9 * images + 0.7), squeeze=False) as (
            figure, axes):
        for (title, cells), column in zip(columns.items(), axes.T):
            column[0].set_title(title)
            for cell, pixels in zip(column, cells):
                cell.imshow(pixels, interpolation='nearest')
                cell.axis('off')
        first.name_colours(figure)


class Predictions:
    """Of one model: images (N, H, W, 3) RGB, truth and masks (N, H, W), and the dataset's names and colours."""

    def __init__(self, images, truth, masks, meta):
        self.images, self.truth, self.masks = images, truth, masks
        self.classes, self.palette = meta['classes'], np.array(meta['palette'], np.uint8)

    def colour(self, masks):
        """Ignored pixels are black."""
        last = len(self.palette) - 1
        return [np.where((mask <= last)[..., None], self.palette[np.minimum(mask, last)], 0) for mask in masks]

    def name_colours(self, figure):
        from matplotlib.patches import Patch
        patches = [Patch(facecolor=colour / 255, edgecolor='black', label=name)
                   for name, colour in zip(self.classes, self.palette)]
        figure.legend(handles=patches, loc='outside lower center', ncols=6)


def predict(folder: Path, images: int) -> Predictions:
    """What the model of a run's folder says about the first images of its test."""
    config = read_config_file(folder / 'config.json')
    config.work_dir = str(folder / 'drawn')
    config.load_from = None
    runner = build_runner(config)
    runner.load_checkpoint((folder / 'last_checkpoint').read_text().strip())
    runner.call_hook('before_test')
    model, dataset = runner.model.to(get_device()).eval(), runner.test_loop.dataloader.dataset
    pixels, truth, masks = [], [], []
    for index in range(images):
        sample = dataset[index]
        with torch.no_grad():
            result, = model.test_step(dict(inputs=[sample['inputs']], data_samples=[sample['data_samples']]))
        pixels.append(_read(sample['data_samples'].img_path))
        truth.append(sample['data_samples'].gt_sem_seg.data[0].numpy())
        masks.append(result.pred_sem_seg.data[0].cpu().numpy())
    return Predictions(pixels, truth, masks, dataset.metainfo)


def _read(path):
    import cv2
    return cv2.imread(path)[..., ::-1]


def _find(folder, protocol, seed):
    """The folder of a final run."""
    table = folder / 'results.csv'
    if not table.is_file():
        raise UsageError(f'{table} is not there: run the sweep.')
    with open(table, encoding='utf-8') as file:
        runs = [row['run'] for row in csv.DictReader(file)
                if (row['protocol'], row['seed'], row['final']) == (protocol, str(seed), 'True')]
    if not runs:
        raise UsageError(f'{table} has no final run of {protocol} with the seed {seed}.')
    place = folder / 'logs' / runs[0]
    if not (place / 'last_checkpoint').is_file():
        raise UsageError(f'{place} has no checkpoint of {protocol}: run the sweep with --save-checkpoints.')
    return place


def main(args=None):
    parser = argparse.ArgumentParser(prog='python -m vpt_mm.visualise.predictions',
                                     description=__doc__.split('\n')[0])
    parser.add_argument('folder', help='of the sweep')
    parser.add_argument('--protocols', nargs='+', required=True, help='whose models are asked')
    parser.add_argument('--out', help='picture to write (default: predictions.jpg in the folder)')
    parser.add_argument('--seed', type=int, default=42, help='of the runs (default: %(default)s)')
    parser.add_argument('--images', type=int, default=5, help='how many, the first (default: %(default)s)')
    options = parser.parse_args(args)
    with ending(parser):
        draw_predictions(options.folder, options.protocols, options.out or Path(options.folder, 'predictions.jpg'),
                         seed=options.seed, images=options.images)


if __name__ == '__main__':
    main()
