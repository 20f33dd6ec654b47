"""The demo's report: a table of tuning methods and a picture of what they see, from the files of their runs."""
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from mmengine.config import ConfigDict
from mmengine.fileio import list_from_file
from rich.table import Table

from ..datasets import DigitScenesDataset
from ..errors import UsageError
from ..models.tuned import count_tuned
from ..models.weightless import build_weightless
from ..tasks.config_text import read_config
from ..weights import load_from_disk
from .side_by_side import draw_side_by_side


@dataclass(frozen=True)
class Run:
    """What one method's training and test left behind.

    Attributes:
        miou: of the held-out scenes, 0..1.
        tuned: number of tuned parameters.
        task_bytes: size of the checkpoint that training wrote.
        seconds: training time, from the runner's start to the checkpoint.
        masks: folder of predicted masks, valued as the annotations are.
    """

    miou: float
    tuned: int
    task_bytes: int
    seconds: float
    masks: Path


def read_run(folder):
    """Read ``folder/train`` (tools/train.py's work dir), ``folder/test`` (tools/test.py's) and ``folder/masks``.

    Raises:
        UsageError: one of them is not there, or not what those tools write.
    """
    folder = Path(folder)
    task_file = Path(list_from_file(_newest(folder / 'train', 'last_checkpoint'))[0])
    meta = load_from_disk(str(task_file)).get('meta', {})
    if not {'cfg', 'experiment_name', 'time'} <= set(meta):
        raise UsageError(f'{task_file} is not a checkpoint of a training: run tools/demo.sh.')
    return Run(miou=_miou(_newest(folder / 'test', '*/*.json')), tuned=_count(meta['cfg']),
               task_bytes=task_file.stat().st_size, seconds=_seconds(meta), masks=folder / 'masks')


def _newest(folder, pattern):
    found = sorted(folder.glob(pattern))
    if not found:
        raise UsageError(f'the report needs {folder / pattern}, which is not there: run tools/demo.sh.')
    return found[-1]


def _miou(file):
    try:
        return json.loads(file.read_text())['mIoU'] / 100
    except (ValueError, KeyError, TypeError):
        raise UsageError(f'the report needs the mIoU of a test, which {file} does not have: run tools/demo.sh.'
                         ) from None


def _count(config_text):
    config = ConfigDict(read_config(config_text))
    return count_tuned(build_weightless(config.model, scope=config.default_scope)).tuned


def _seconds(meta):
    """From the time stamp in the experiment's name to that of the checkpoint."""
    form = '%Y%m%d_%H%M%S'
    start = '_'.join(meta['experiment_name'].split('_')[-2:])
    return (datetime.strptime(meta['time'], form) - datetime.strptime(start, form)).total_seconds()


def demo_table(runs):
    """{method: Run} as a rich table."""
    table = Table(title='Held-out digit scenes, one frozen backbone')
    table.add_column('method')
    for title in ('mIoU', 'tuned parameters', 'task file', 'training'):
        table.add_column(title, justify='right')
    for method, run in runs.items():
        table.add_row(method, f'{run.miou:.3f}', f'{run.tuned:,}', f'{run.task_bytes / 1e6:.2f} MB',
                       f'{run.seconds:.0f} s')
    return table


def draw_demo(runs, *, data, out, scenes=6):
    """Write a picture: a row for each scene; its image, the truth, and what each method of {method: Run} says."""
    from matplotlib.image import imread
    images = sorted(Path(data, 'images/validation').glob('*.jpg'))[:scenes]
    folders = {'truth': Path(data, 'annotations/validation'),
               **{f'{method}\nmIoU {run.miou:.3f}': run.masks for method, run in runs.items()}}
    masks = {title: [_read_mask(folder / f'{image.stem}.png') for image in images]
             for title, folder in folders.items()}
    names, palette = (DigitScenesDataset.METAINFO[key] for key in ('classes', 'palette'))
    draw_side_by_side(out, {'image': [imread(image) for image in images], **masks}, classes=names, palette=palette)


def _read_mask(path):
    """Numbers of classes (H, W): ignored pixels look like background."""
    import cv2
    mask = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if mask is None:
        raise UsageError(f'the picture needs {path}, which is not there: run tools/demo.sh.')
    return np.maximum(mask.astype(int) - 1, 0)
