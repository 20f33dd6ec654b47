"""Eleven small classification tasks that need no download, in the groups of VTAB-1k, and streams of such."""
from .dataset import OfflineTask
from .stream import OfflineStream
from .symbols import Symbols

__all__ = ['OfflineStream', 'OfflineTask', 'Symbols']
