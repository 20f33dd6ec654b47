"""The benchmark of many tasks measures what it says, at a size that a test can run."""
import pytest

from vpt_mm.costs.many_tasks import measure_tasks, tasks_table
from vpt_mm.errors import UsageError

SMALL = dict(arch=dict(embed_dims=32, num_layers=2, num_heads=4, feedforward_channels=64), size=32)


def test_measures_memory_time_and_difference():
    found = measure_tasks(**SMALL, tasks=5, batch=4, length=3, classes=3, repeats=2)
    assert list(found['seconds']) == ['one task', '4 tasks', '4 tasks of two lengths', '4 passes']
    assert all(len(times) == 2 for times in found['seconds'].values())
    assert found['difference'] < 1e-5 and found['tasks'] > 5 * 4 * (2 * 3 * 32 + 3 * 33)
    assert tasks_table(found, title='').row_count == 8


def test_needs_a_task_for_each_image():
    with pytest.raises(UsageError, match='batch of 4 images needs as many tasks, got 3'):
        measure_tasks(tasks=3, batch=4)


def test_an_unknown_arch_is_named():
    with pytest.raises(UsageError, match="arch must be one of .*, got 'bas'. Did you mean base"):
        measure_tasks(arch='bas')
