"""Eleven small classification tasks that need no download, in the groups of VTAB-1k, streams of such, and captions."""
from .captioned import CaptionedSymbols
from .dataset import OfflineTask
from .named import NamedSymbols
from .stream import OfflineStream
from .symbols import Symbols

__all__ = ['CaptionedSymbols', 'NamedSymbols', 'OfflineStream', 'OfflineTask', 'Symbols']
