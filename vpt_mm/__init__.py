"""vpt_mm: Visual Prompt Tuning for OpenMMLab. Importing it registers everything."""
from typing import TYPE_CHECKING, Any

from .cli import is_program
from .version import __version__

if TYPE_CHECKING:
    from .plain import PromptedModel, adapt

__all__ = ['PromptedModel', '__version__', 'adapt', 'register_all']


def __getattr__(name: str) -> Any:
    """What a loop of one's own starts from, imported once it is asked for: others need not wait."""
    if name in ('PromptedModel', 'adapt'):
        from . import plain
        return getattr(plain, name)
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')


def register_all():
    """Register everything in mmengine's root registries, after the libraries below were repaired."""
    from .compat import mend_all
    mend_all()
    from . import datasets, engine, models, tuning, weights  # noqa: F401


# A command registers when it runs (cli/main.py), not before its arguments are read: help need not wait for torch.
if not is_program():
    register_all()
