"""Datasets: folders of one's own, benchmarks of list files, and what is drawn: digits and the offline tasks."""
from .benchmarks.task_dataset import TaskDataset
from .benchmarks.tasks import TASKS, find_task, select_tasks, task_config
from .digits.scene_dataset import DigitScenesDataset
from .digits.single_digits import SingleDigitsDataset
from .held_out_fold import HeldOutFold
from .image_folders import ImageFolders
from .joined_classes import JoinedClasses
from .mask_folders import MaskFolders
from .offline import OfflineStream, OfflineTask, Symbols
from .streams import ClassStream, JoinedStream, TaskStream

__all__ = ['TASKS', 'ClassStream', 'DigitScenesDataset', 'HeldOutFold', 'ImageFolders', 'JoinedClasses', 'JoinedStream',
           'MaskFolders', 'OfflineStream', 'OfflineTask', 'SingleDigitsDataset', 'Symbols', 'TaskDataset', 'TaskStream',
           'find_task', 'select_tasks', 'task_config']
