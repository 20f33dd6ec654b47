"""Datasets that need no download: digit scenes (segmentation) and single digits (classification)."""
from .scene_dataset import DigitScenesDataset
from .single_digits import SingleDigitsDataset

__all__ = ['DigitScenesDataset', 'SingleDigitsDataset']
