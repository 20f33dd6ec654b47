"""TaskTestLoop: single tasks of a checkpoint, as far as it was trained."""
import json

import pytest

from tests.runs import build_runner, changed
from tests.streams import stream_config
from vpt_mm.errors import UsageError


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    """A config whose run wrote a checkpoint after each epoch, two for each of three tasks."""
    folder = tmp_path_factory.mktemp('run')
    config = stream_config(folder, tuning=dict(type='DeepPrompt', length=2))
    config.test_dataloader, config.test_evaluator = config.val_dataloader, config.val_evaluator
    build_runner(config).train()
    return config


def accuracies_of(config, epoch, *, tasks=None, **entries):
    config = changed(config, load_from=f'{config.work_dir}/epoch_{epoch}.pth', **entries)
    config.test_cfg = dict(type='TaskTestLoop', tasks=tasks)
    return build_runner(config).test()


@pytest.mark.parametrize('epoch, task', [(2, 0), (4, 1), (6, 2)])
def test_they_are_a_row_of_the_matrix(epoch, task, trained):
    with open(f'{trained.work_dir}/accuracies.json') as file:
        row = json.load(file)['accuracies'][task]
    expected = {f'accuracy/task {number}': accuracy for number, accuracy in enumerate(row, 1)}
    assert accuracies_of(trained, epoch) == {**expected, 'accuracy/average': pytest.approx(sum(row) / len(row))}
    assert accuracies_of(trained, epoch, tasks=[1])['accuracy/task 1'] == row[0]


def test_a_task_that_was_not_trained(trained):
    middle = accuracies_of(trained, 3)  # of the second task
    assert middle.keys() == {'accuracy/task 1', 'accuracy/task 2', 'accuracy/average'}
    with pytest.raises(UsageError, match=r'trained on tasks 1..2, and not on 3: test those that it knows'):
        accuracies_of(trained, 3, tasks=[1, 3])


def test_what_are_no_tasks_of_it(trained):
    with pytest.raises(UsageError, match='numbers 1..3, got 0, 4'):
        accuracies_of(trained, 6, tasks=[0, 4, 1])
    with pytest.raises(UsageError, match='take the config of its run'):
        accuracies_of(trained, 6, train_cfg__stream__seed=5)
    with pytest.raises(UsageError, match="which train_cfg doesn't have"):
        accuracies_of(trained, 6, train_cfg=dict(_delete_=True, by_epoch=True, max_epochs=1))
