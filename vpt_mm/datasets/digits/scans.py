"""Scanned handwritten digits: the ink of every digit scene."""
import functools

import numpy as np

from ...errors import UsageError, needs_extra

SCANS = 1797           # scikit-learn's copy of the UCI optdigits test scans, 8x8 each
TRAINING_SCANS = 1347  # the first three quarters; they come writer after writer
SPLITS = ('training', 'validation')


@functools.cache
def load_scans(split):
    """The scans of one split as ink (N, 8, 8) in 0..1, and their digits (N,) in 0..9.

    Raises:
        UsageError: a split that is neither 'training' nor 'validation', or scikit-learn is not installed.
    """
    if split not in SPLITS:
        raise UsageError(f'split must be one of {SPLITS}, got {split!r}.')
    with needs_extra('demo', 'drawing digits'):
        from sklearn.datasets import load_digits
    scans = load_digits()
    chosen = slice(0, TRAINING_SCANS) if split == 'training' else slice(TRAINING_SCANS, SCANS)
    return scans.images[chosen].astype(np.float32) / 16, scans.target[chosen]
