"""The command line: one file a command of vpt-mm."""
import sys
from pathlib import Path


def is_program():
    """Whether Python was started to run a command: by `vpt-mm`, by `python -m vpt_mm`, or by a script that says so.

    Python imports ``vpt_mm`` before any of its modules, and importing ``vpt_mm`` registers everything, which loads
    torch. So the package asks this first: a command reads its arguments before anything is registered. The answer
    depends on how this very process was started. Processes that a command starts, such as a loader's workers, register
    on import, as every other program does.

    A script says so by a variable VPT_MM_COMMAND, as tools/train.py does: its name alone could be anybody's.
    """
    if sys.argv[:1] == ['-m']:  # Python is still looking for the module of -m, and imports the packages above it
        return ('-m', 'vpt_mm') in zip(sys.orig_argv, sys.orig_argv[1:])
    main = sys.modules['__main__']
    return hasattr(main, 'VPT_MM_COMMAND') or Path(getattr(main, '__file__', None) or '').stem == 'vpt-mm'
