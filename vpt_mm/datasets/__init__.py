"""Datasets: folders of one's own, benchmarks of list files, and what is drawn: digits and the offline tasks."""
from .base_to_new import BaseToNew
from .benchmarks.task_dataset import TaskDataset
from .benchmarks.tasks import TASKS, find_task, select_tasks, task_config
from .digits.scene_dataset import DigitScenesDataset
from .digits.single_digits import SingleDigitsDataset
from .few_shot import FewShot
from .held_out_fold import HeldOutFold
from .image_folders import ImageFolders
from .mask_folders import MaskFolders
from .offline import CaptionedSymbols, NamedSymbols, OfflineTask, Symbols
from .source_and_target import DomainSampler, SourceAndTarget
from .task_stream import TaskStream
from .words.dataset import WordsDataset
from .words.table import WORDS, find_words, words_task

__all__ = ['TASKS', 'WORDS', 'BaseToNew', 'CaptionedSymbols', 'DigitScenesDataset', 'DomainSampler', 'FewShot',
           'HeldOutFold', 'ImageFolders', 'MaskFolders', 'NamedSymbols', 'OfflineTask', 'SingleDigitsDataset',
           'SourceAndTarget', 'Symbols', 'TaskDataset', 'TaskStream', 'WordsDataset', 'find_task', 'find_words',
           'select_tasks', 'task_config', 'words_task']
