"""Datasets: folders of one's own, benchmarks of list files, and what is drawn: digits and the offline tasks."""
from .benchmarks.task_dataset import TaskDataset
from .benchmarks.tasks import TASKS, find_task, select_tasks, task_config
from .cifar_binary import CifarBinary
from .core50 import CORe50
from .digits.scene_dataset import DigitScenesDataset
from .digits.single_digits import SingleDigitsDataset
from .held_out_fold import HeldOutFold
from .image_folders import ImageFolders
from .joined_classes import JoinedClasses
from .mask_folders import MaskFolders
from .offline import OfflineStream, OfflineTask, Symbols
from .streams import BlurryStream, ClassStream, DomainStream, JoinedStream, TaskStream
from .svhn import SVHN

__all__ = ['SVHN', 'TASKS', 'BlurryStream', 'CORe50', 'CifarBinary', 'ClassStream', 'DigitScenesDataset',
           'DomainStream', 'HeldOutFold', 'ImageFolders', 'JoinedClasses', 'JoinedStream', 'MaskFolders',
           'OfflineStream', 'OfflineTask', 'SingleDigitsDataset', 'Symbols', 'TaskDataset', 'TaskStream', 'find_task',
           'select_tasks', 'task_config']
