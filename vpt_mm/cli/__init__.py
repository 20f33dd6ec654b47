"""The command line: one file a command of vpt-mm."""
import sys
from pathlib import Path


def is_program():
    """Whether Python was started to run a command: by `vpt-mm`, by `python -m vpt_mm`, or by a script that says so.

    Python imports ``vpt_mm`` before any module of it, this one too, and importing ``vpt_mm`` loads torch to register
    everything. So the package asks here, first of all, whether it may wait. Asked is how Python was started, which
    processes that a command starts do not inherit: in those, and wherever this says no, importing registers.

    A script says so by a variable VPT_MM_COMMAND, as tools/train.py does; a name such as train.py says nothing.
    """
    if sys.argv[:1] == ['-m']:  # Python is still looking for the module of -m, and imports the packages above it
        return ('-m', 'vpt_mm') in zip(sys.orig_argv, sys.orig_argv[1:])
    main = sys.modules['__main__']
    return hasattr(main, 'VPT_MM_COMMAND') or Path(getattr(main, '__file__', None) or '').stem == 'vpt-mm'
