"""Datasets that need no download: digit scenes (segmentation), single digits and the offline tasks (classification)."""
from .offline import OfflineTask, Symbols
from .scene_dataset import DigitScenesDataset
from .single_digits import SingleDigitsDataset

__all__ = ['DigitScenesDataset', 'OfflineTask', 'SingleDigitsDataset', 'Symbols']
