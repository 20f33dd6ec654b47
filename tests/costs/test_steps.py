"""Whole training steps on images that are made up, from shipped configs."""
import io
from pathlib import Path

import pytest
from rich.console import Console

from vpt_mm.costs.steps import StepCost, measure_steps, step_table
from vpt_mm.errors import UsageError

CONFIGS = Path(__file__).parents[2] / 'configs' / 'digits'


def test_segmentors_and_classifiers_are_measured():
    names = ['setr_digits_linear', 'setr_digits_deep', 'cls_digits_deep']
    costs = measure_steps([CONFIGS / f'{name}.py' for name in names], batch=2, size=64, device='cpu', repeats=2)
    assert [cost.name for cost in costs] == names
    linear, deep, _ = costs
    assert deep.tuned - linear.tuned == 6 * 50 * 96
    assert deep.peak > linear.peak > 0
    text = io.StringIO()
    Console(file=text, width=140).print(step_table(costs, batch=2, title='small'))
    assert '1.00x' in text.getvalue() and 'cls_digits_deep' in text.getvalue()


def test_one_repeat_has_no_spread():
    text = io.StringIO()
    cost = StepCost('once', tuned=1, seconds=(0.5,), peak=10 ** 9)
    Console(file=text, width=140).print(step_table([cost], batch=2, title='small'))
    assert '500 ms (500-500), 1.00x' in text.getvalue()


def test_a_config_that_is_not_there_is_named():
    with pytest.raises(UsageError, match='no config file at nowhere.py'):
        measure_steps(['nowhere.py'], batch=1, size=64, device='cpu')
