"""Options that name nothing, or no item of a list, are told before they are merged."""
import re

import pytest

from tests.own import read_config
from vpt_mm.engine.checks.names import check_names
from vpt_mm.errors import UsageError


@pytest.mark.parametrize('option, told', [
    ('custom_hooks.2.type', 'custom_hooks is a list with items 0..1, got \'2\'. Set the whole list (custom_hooks=...)'),
    ('custom_hooks.first.type', "items 0..1, got 'first'"),
    ('train_dataloader.dataset.pipeline.9.prob', 'train_dataloader.dataset.pipeline is a list with items 0..5'),
    ('train_cfg.max_iters.x', 'train_cfg.max_iters is 4000 and has no entries'),
    ('no_such.key', "has 'no_such'")])
def test_ways_that_lead_nowhere(option, told):
    with pytest.raises(UsageError, match=re.escape(told)):
        check_names({option: 1}, read_config('segment_folder'))


def test_ways_that_lead_somewhere():
    check_names(dict.fromkeys(('custom_hooks.1.type', 'train_dataloader.dataset.pipeline.5.x', 'model.new.entry',
                               'load_from.x', 'randomness.seed')), read_config('segment_folder'))
