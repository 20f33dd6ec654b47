"""The table of tasks."""
import pytest

from vpt_mm.datasets.benchmarks.tasks import TASKS, find_task, select_tasks, task_config
from vpt_mm.errors import UsageError


@pytest.mark.parametrize('names, tasks, classes', [
    ('vtab', 19, 940), ('fgvc', 5, 1173), ('natural', 7, 795), ('specialized', 4, 62), ('structured', 8, 83)])
def test_totals_of_the_paper(names, tasks, classes):
    found = select_tasks(names)
    assert len(found) == tasks and sum(task.classes for task in found) == classes


def test_names_select_in_the_order_of_the_table():
    assert [task.name for task in select_tasks(['fgvc', 'dtd', 'cub', 'cifar'])][:3] == ['cifar', 'dtd', 'cub']
    assert all(name == task.name for name, task in TASKS.items())


def test_wrong_names_are_refused():
    with pytest.raises(UsageError, match=r"TASK must be one of .*got 'cibar'. Did you mean cifar\?"):
        find_task('cibar')
    with pytest.raises(UsageError, match="TASK must be one of cub, .*got 'cifar'"):
        task_config('cifar', benchmark='fgvc')
    with pytest.raises(UsageError, match=r"got 'strctured'. Did you mean structured\?"):
        select_tasks(['natural', 'strctured'])
