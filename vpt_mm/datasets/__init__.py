"""Datasets: folders of one's own, benchmarks of list files, and what is drawn: digits and the offline tasks."""
from .benchmarks.task_dataset import TaskDataset
from .benchmarks.tasks import TASKS, find_task, select_tasks, task_config
from .digits.scene_dataset import DigitScenesDataset
from .digits.single_digits import SingleDigitsDataset
from .held_out_fold import HeldOutFold
from .image_folders import ImageFolders
from .mask_folders import MaskFolders
from .offline import CaptionedSymbols, NamedSymbols, OfflineTask, Symbols
from .source_and_target import DomainSampler, SourceAndTarget
from .task_stream import TaskStream

__all__ = ['TASKS', 'CaptionedSymbols', 'DigitScenesDataset', 'DomainSampler', 'HeldOutFold', 'ImageFolders',
           'MaskFolders', 'NamedSymbols', 'OfflineTask', 'SingleDigitsDataset', 'SourceAndTarget', 'Symbols',
           'TaskDataset', 'TaskStream', 'find_task', 'select_tasks', 'task_config']
