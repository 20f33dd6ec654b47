"""Which scans are for training and which are held out."""
import numpy as np
import pytest

from vpt_mm.datasets.digits.scans import load_scans
from vpt_mm.errors import UsageError


def test_the_splits_share_no_scan():
    training, held_out = (load_scans(split)[0] for split in ('training', 'validation'))
    assert (len(training), len(held_out)) == (1347, 450)
    assert not {scan.tobytes() for scan in training} & {scan.tobytes() for scan in held_out}


def test_both_splits_have_every_digit():
    for split in ('training', 'validation'):
        inks, digits = load_scans(split)
        assert set(digits) == set(range(10))
        assert inks.shape[1:] == (8, 8) and np.ptp(inks) == 1


def test_an_unknown_split_is_refused():
    with pytest.raises(UsageError, match="split must be one of .*, got 'train'"):
        load_scans('train')
