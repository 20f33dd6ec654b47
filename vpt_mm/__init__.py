"""vpt_mm: Visual Prompt Tuning for OpenMMLab. Importing it registers everything."""
from .compat import mend_all

mend_all()

from . import datasets, engine, models, tuning, weights  # noqa: E402
from .version import __version__  # noqa: E402

__all__ = ['__version__', 'datasets', 'engine', 'models', 'tuning', 'weights']
