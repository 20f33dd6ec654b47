"""Eleven small classification tasks that need no download, in the groups of VTAB-1k."""
from .dataset import OfflineTask
from .symbols import Symbols

__all__ = ['OfflineTask', 'Symbols']
