"""What the segmentors of a sweep say about the first test images, side by side.

    python -m vpt_mm.results.predictions work_dirs/sweeps/real_scenes --protocols HeadOnly VPT-deep Full

draws the models that vpt-mm sweep --save-checkpoints left there.
"""
import argparse
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
from mmengine.device import get_device

from ..config_file import read_config_file
from ..engine.runner import build_runner
from ..errors import UsageError, ending
from ..picture import require_picture
from ..visualise.side_by_side import draw_side_by_side
from .table import read_results


class Predictions(NamedTuple):
    """What a model says.

    Attributes:
        images: (H, W, 3) RGB each.
        truth, masks: (H, W) each.
        meta: of the dataset, with its ``classes`` and ``palette``.
    """

    images: list[np.ndarray]
    truth: list[np.ndarray]
    masks: list[np.ndarray]
    meta: dict


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
    runs = find_runs(Path(folder), protocols, seed)
    found = {name: predict(run, images) for name, run in runs.items()}
    first = next(iter(found.values()))
    columns = {'image': first.images, 'truth': first.truth, **{name: one.masks for name, one in found.items()}}
    draw_side_by_side(out, columns, classes=first.meta['classes'], palette=first.meta['palette'])


def predict(run: Path, images: int) -> Predictions:
    """What the model of a run's folder says about the first images of its test."""
    config = read_config_file(run / 'config.json')
    config.work_dir = str(run / 'drawn')
    config.load_from = None
    runner = build_runner(config)
    runner.load_checkpoint((run / 'last_checkpoint').read_text().strip())
    runner.call_hook('before_test')
    model, dataset = runner.model.to(get_device()).eval(), runner.test_loop.dataloader.dataset
    found = Predictions([], [], [], dataset.metainfo)
    for index in range(images):
        sample = dataset[index]
        with torch.no_grad():
            result, = model.test_step(dict(inputs=[sample['inputs']], data_samples=[sample['data_samples']]))
        found.images.append(cv2.imread(sample['data_samples'].img_path)[..., ::-1])
        found.truth.append(sample['data_samples'].gt_sem_seg.data[0].numpy())
        found.masks.append(result.pred_sem_seg.data[0].cpu().numpy())
    return found


def find_runs(folder: Path, protocols: list[str], seed: int) -> dict[str, Path]:
    """{protocol: folder of its final run with this seed}.

    Raises:
        UsageError: no table of results, no such run in it, or one whose model wasn't saved.
    """
    table = folder / 'results.csv'
    rows = read_results(table, protocols=protocols).rows
    runs = {row['protocol']: folder / 'logs' / row['run'] for row in rows if row['final'] and row['seed'] == seed}
    for name in protocols:
        if name not in runs:
            raise UsageError(f'{table} has no final run of {name} with the seed {seed}.')
        if not (runs[name] / 'last_checkpoint').is_file():
            raise UsageError(f'{runs[name]} has no checkpoint of {name}: run the sweep with --save-checkpoints.')
    return {name: runs[name] for name in protocols}


def main(args=None):
    parser = argparse.ArgumentParser(prog='python -m vpt_mm.results.predictions',
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
