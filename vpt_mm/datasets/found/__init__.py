"""What lies in a folder of one's own: its layout is recognised, described, split, and written as lists and a config."""
from .look import LAYOUTS, look
from .write import write

__all__ = ['LAYOUTS', 'look', 'write']
