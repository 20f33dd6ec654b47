"""Checkpoint files from disk: read without running what is in them, or refused in one sentence."""
import os
import pickle

import torch
from mmengine.runner import CheckpointLoader

from ..errors import UsageError


@CheckpointLoader.register_scheme(prefixes='', force=True)
def load_from_disk(filename, map_location=None):
    """Load a PyTorch file with ``weights_only=True``.

    Raises:
        UsageError: no such file, empty, truncated, or with anything but tensors and plain data in it.
    """
    filename = os.path.expanduser(filename)
    if not os.path.isfile(filename):
        raise UsageError(f'no checkpoint at {filename}: put the file there, or change the path in the config.')
    if not os.path.getsize(filename):
        raise UsageError(f'checkpoint {filename} is empty: fetch or write it again.')
    try:
        return torch.load(filename, map_location=map_location, weights_only=True)
    except pickle.UnpicklingError as error:
        if 'Unsupported global' in str(error) or 'not an allowed global' in str(error):
            asked = str(error).split('GLOBAL ')[-1].split(' ')[0]
            raise UsageError(f'checkpoint {filename} is not loaded: it asks to run {asked}, and vpt_mm runs nothing '
                             'from a file. If you trust its author, load it yourself and save its state dict.') from None
        raise UsageError(_not_readable(filename)) from None
    except (RuntimeError, EOFError, OSError, ValueError, KeyError, IndexError, AttributeError, TypeError,
            UnicodeDecodeError, AssertionError) as error:
        if isinstance(error, torch.OutOfMemoryError):
            raise
        raise UsageError(_not_readable(filename)) from None


def _not_readable(filename):
    return f'checkpoint {filename} is truncated, or not a PyTorch file: fetch or write it again.'
