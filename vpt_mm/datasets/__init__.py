"""Datasets: benchmarks of list files, and, without a download, digit scenes, single digits and the offline tasks."""
from .offline import OfflineTask, Symbols
from .scene_dataset import DigitScenesDataset
from .single_digits import SingleDigitsDataset
from .task_dataset import TaskDataset
from .tasks import TASKS, find_task, select_tasks, task_config

__all__ = ['TASKS', 'DigitScenesDataset', 'OfflineTask', 'SingleDigitsDataset', 'Symbols', 'TaskDataset', 'find_task',
           'select_tasks', 'task_config']
