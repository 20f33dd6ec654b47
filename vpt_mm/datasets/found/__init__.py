"""What lies in a folder of one's own: its layout is recognised, described, split, and written as lists and a config."""
from .kinds import Found, Sample
from .recognising import LAYOUTS, look
from .splitting import split
from .writing import write

__all__ = ['LAYOUTS', 'Found', 'Sample', 'look', 'split', 'write']
