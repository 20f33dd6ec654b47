"""vpt_mm: Visual Prompt Tuning for OpenMMLab. Importing it registers everything."""
from .cli import is_program
from .version import __version__

__all__ = ['__version__', 'register_all']


def register_all():
    """Register everything in mmengine's root registries, after the libraries below were mended."""
    from .compat import mend_all
    mend_all()
    from . import datasets, engine, models, tuning, weights  # noqa: F401


# A command registers when it runs (cli/main.py), not before its arguments are read: help need not wait for torch.
if not is_program():
    register_all()
