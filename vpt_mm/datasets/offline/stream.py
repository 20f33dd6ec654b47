"""OfflineStream: offline tasks one after another, for continual learning without a download."""
from mmengine.registry import DATASETS

from ...errors import UsageError, did_you_mean
from ..joined_classes import JoinedClasses
from . import table
from .dataset import OfflineTask

STREAMS = dict(
    symbols_stream=('letters-1', 'figures-1', 'letters-2', 'figures-2', 'letters-3'),
    five_stream=('digit', 'thing', 'texture', 'cells', 'relief'))


@DATASETS.register_module()
class OfflineStream(JoinedClasses):
    """The tasks of a stream, joined: 25 classes of letters and figures in turns, or 41 of five unlike tasks.

    Args:
        task: a name in ``STREAMS``.
        split: 'train800', 'val200', 'train800val200' or 'test', of each task.
        images: at most so many of each task; all by default.
        seed: other seeds, other images.
        fraction: share of these images that is used, of every class and at least one.
        dataset: ``pipeline`` and other arguments of each :class:`OfflineTask`.

    Raises:
        UsageError: an unknown stream or split, a seed below 0, or a fraction outside (0, 1].
    """

    def __init__(self, *, task, split, images=None, seed=0, fraction=1., **dataset):
        if task not in STREAMS:
            raise UsageError(f"task must be one of {', '.join(STREAMS)}, got {task!r}.{did_you_mean(task, STREAMS)}")
        there = sum(table.COUNTS[part] for part in table.SPLITS.get(split, ()))
        if images is not None and images < there:
            fraction *= images / there
        super().__init__([OfflineTask(task=name, split=split, seed=seed, fraction=fraction, **dataset)
                          for name in STREAMS[task]])
