"""Options that name nothing, or no item of a list, are told before they are merged."""

import pytest

from tests.own import read_config
from vpt_mm.engine.checks.names import check_names
from vpt_mm.errors import UsageError


def test_an_entry_that_neither_config_nor_run_has():
    with pytest.raises(UsageError, match="has 'no_such'"):
        check_names({'no_such.key': 1}, read_config('segment_folder'))


def test_entries_that_are_there_or_may_be():
    check_names(dict.fromkeys(('custom_hooks.1.type', 'train_dataloader.dataset.pipeline.5.x', 'model.new.entry',
                               'load_from.x', 'randomness.seed')), read_config('segment_folder'))
