"""Eleven small classification tasks that need no download, in the groups of VTAB-1k."""
from .captioned import CaptionedSymbols
from .dataset import OfflineTask
from .named import NamedSymbols
from .symbols import Symbols

__all__ = ['CaptionedSymbols', 'NamedSymbols', 'OfflineTask', 'Symbols']
