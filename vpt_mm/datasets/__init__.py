"""Datasets: folders of one's own, benchmarks of list files, what is installed by name, and what is drawn."""
from .base_to_new import BaseToNew
from .benchmarks.task_dataset import TaskDataset
from .benchmarks.tasks import TASKS, find_task, select_tasks, task_config
from .cifar_binary import CifarBinary
from .core50 import CORe50
from .digits.scene_dataset import DigitScenesDataset
from .digits.single_digits import SingleDigitsDataset
from .few_shot import FewShot
from .gtav import GTAVDataset
from .held_out_fold import HeldOutFold
from .image_folders import ImageFolders
from .joined_classes import JoinedClasses
from .listed import ListedImages, ListedMasks, TaggedImages
from .mask_folders import MaskFolders
from .offline import CaptionedSymbols, NamedSymbols, OfflineStream, OfflineTask, Symbols
from .real import RealTask, StampScenesDataset
from .source_and_target import DomainSampler, SourceAndTarget
from .streams import BlurryStream, ClassStream, DomainStream, JoinedStream, TaskStream
from .svhn import SVHN
from .words.dataset import WordsDataset
from .words.table import WORDS, find_words, words_task

__all__ = ['SVHN', 'TASKS', 'WORDS', 'BaseToNew', 'BlurryStream', 'CORe50', 'CaptionedSymbols', 'CifarBinary',
           'ClassStream', 'DigitScenesDataset', 'DomainSampler', 'DomainStream', 'FewShot', 'GTAVDataset',
           'HeldOutFold', 'ImageFolders', 'JoinedClasses', 'JoinedStream', 'ListedImages', 'ListedMasks',
           'MaskFolders', 'NamedSymbols', 'OfflineStream', 'OfflineTask', 'RealTask', 'SingleDigitsDataset',
           'SourceAndTarget', 'StampScenesDataset', 'Symbols', 'TaggedImages', 'TaskDataset', 'TaskStream',
           'WordsDataset', 'find_task', 'find_words', 'select_tasks', 'task_config', 'words_task']
