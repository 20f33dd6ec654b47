"""ContinualLoop: what trains in which task, its matrix of accuracies, and going on from any epoch."""
import copy
import json
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook

from tests.runs import build_runner, save_weights
from tests.small import shrink_classifier, train_options
from tests.streams import SixClasses, stream_config
from vpt_mm.cli import train
from vpt_mm.engine.class_mask import TaskLoss, mask_loss
from vpt_mm.errors import UsageError

PROTOCOLS = Path(__file__).parents[2] / 'configs/protocols'
CODA = dict(type='CodaPrompt', tasks=3, components=6, length=4, blocks=[1, 3])
POOL = dict(type='PromptPool', size=4, selected=2, length=2, diversified=True)


def by_class(tasks, **options):
    return dict(stream=dict(type='ClassStream', tasks=tasks, **options))


def config_of(folder, *, tuning=POOL, **options):
    return stream_config(folder, tuning=tuning, **options)


def results(folder):
    return json.loads((folder / 'accuracies.json').read_text())


def require_same_from(epoch, config, folder, *, state):
    """Go on from an epoch of the run in ``whole``, which ended in this state."""
    config = copy.deepcopy(config)
    config.work_dir = str(folder / f'from_{epoch}')
    config.load_from, config.resume = str(folder / f'whole/epoch_{epoch}.pth'), True
    found = build_runner(config).train().state_dict()
    assert results(folder / f'from_{epoch}') == results(folder / 'whole')
    assert all(torch.equal(tensor, state[key]) for key, tensor in found.items())


@pytest.mark.parametrize('tuning', [POOL, CODA], ids=['pool', 'coda'])
def test_a_run_that_goes_on_is_one_that_was_not_stopped(tuning, tmp_path):
    """From every epoch: within a task, and at its end, which the checkpoint saw before the tests."""
    config = config_of(tmp_path / 'whole', tuning=tuning)
    runner = build_runner(config)
    whole, expected = runner.train().state_dict(), results(tmp_path / 'whole')
    assert [len(row) for row in expected['accuracies']] == [1, 2, 3]
    assert (tmp_path / 'whole/accuracies.png').read_bytes().startswith(b'\x89PNG')
    assert runner.iter == 2 * (2 + 1 + 1) and runner.epoch == 6  # batches of 4: seven images of task 0, four of others
    for epoch in (1, 2, 4, 5, 6):
        require_same_from(epoch, config, tmp_path, state=whole)


@pytest.mark.parametrize('stream, columns', [
    (dict(type='BlurryStream', tasks=3, share=0.4), [1, 2, 3]), (dict(type='DomainStream', field='room'), [1, 2]),
    (dict(type='DomainStream', field='room', common=True), [1, 1])], ids=lambda one: str(one))
def test_other_streams_go_on_as_if_they_were_not_stopped(stream, columns, tmp_path):
    """From the middle of each task."""
    config = config_of(tmp_path / 'whole', loop=dict(stream=stream))
    for phase in ('train', 'val'):
        config[f'{phase}_dataloader'].dataset.update(per_class=4, rooms=['hall', 'attic'])
    whole, expected = build_runner(config).train().state_dict(), results(tmp_path / 'whole')
    assert [len(row) for row in expected['accuracies']] == columns
    assert ('forgetting' in expected) == (columns != [1, 1])
    for epoch in range(1, 2 * len(columns), 2):
        require_same_from(epoch, config, tmp_path, state=whole)


def watch(runner, seen):
    """Note labels, optimizer and rate of each step, and what the method's task is."""
    step = runner.model.train_step

    def train_step(data, optim_wrapper):
        seen.append(dict(labels={int(one.gt_label) for one in data['data_samples']}, wrapper=optim_wrapper,
                         moments=len(optim_wrapper.optimizer.state),
                         rate=optim_wrapper.optimizer.param_groups[0]['lr'],
                         task=int(runner.model.backbone.tuning.task)))
        return step(data, optim_wrapper)
    runner.model.train_step = train_step


def test_each_task_has_its_classes_its_optimizer_and_its_schedule(tmp_path):
    config, seen = config_of(tmp_path, tuning=CODA, loop=by_class([[4, 1], [0, 5], [2, 3]])), []
    runner = build_runner(config)
    watch(runner, seen)
    runner.train()
    steps = [[one for one in seen if one['task'] == task] for task in range(3)]
    assert [set.union(*(one['labels'] for one in part)) for part in steps] == [{1, 4}, {0, 5}, {2, 3}]
    assert [len({id(one['wrapper']) for one in part}) for part in steps] == [1, 1, 1]
    assert len({id(one['wrapper']) for one in seen}) == 3
    assert [part[0]['moments'] for part in steps] == [0, 0, 0] and steps[1][1]['moments'] > 0
    assert [part[0]['rate'] for part in steps] == pytest.approx([0.001] * 3)
    assert steps[0][1]['rate'] > 0.0011
    assert results(tmp_path)['tasks'] == [[4, 1], [0, 5], [2, 3]]


@pytest.mark.parametrize('masked', [True, False])
def test_the_mask_is_of_the_loss_of_training_alone(masked, tmp_path):
    runner = build_runner(config_of(tmp_path, epochs=1, loop=dict(class_mask=masked)))
    runner.train_loop._enter(0)
    model = runner.model
    model.init_weights()
    data = model.data_preprocessor(next(iter(runner.train_loop.dataloader)), training=True)
    model.head.loss(model.extract_feat(data['inputs']), data['data_samples'])['loss'].backward()
    moved = model.head.fc.bias.grad.abs() > 0
    assert moved.tolist() == ([True, True, False, False, False, False] if masked else [True] * 6)
    assert torch.isfinite(model.head(model.extract_feat(data['inputs']))).all()


def test_the_masked_loss_is_that_of_a_head_of_the_tasks_classes_alone():
    scores = torch.randn(5, 6, dtype=torch.float64, requires_grad=True)
    labels = torch.tensor([4, 1, 1, 4, 1])
    loss = TaskLoss(torch.nn.CrossEntropyLoss(), 6)
    loss.restrict((4, 1))
    ours = loss(scores, labels)
    few = scores[:, [1, 4]]
    expected = (few.exp().sum(dim=1).log() - torch.where(labels == 1, scores[:, 1], scores[:, 4])).mean()
    torch.testing.assert_close(ours, expected, rtol=0, atol=1e-12)
    for one, other in zip(torch.autograd.grad(ours, scores), torch.autograd.grad(expected, scores)):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-12)
    assert not loss.state_dict()


def test_a_model_without_such_a_head():
    with pytest.raises(UsageError, match='set class_mask=False'):
        mask_loss(torch.nn.Linear(2, 2))


@pytest.mark.parametrize('loop, message', [
    (by_class(4), '6 classes are not a multiple of 4 tasks'), (by_class([[0, 1], [1, 2]]), '1 to several and 3, 4, 5'),
    (dict(stream=dict(type='ClassStream')), "stream of train_cfg cannot be built: TypeError.*'tasks'"),
    (dict(epochs=0), 'epochs must be a whole number')], ids=str)
def test_bad_arguments(loop, message, tmp_path):
    with pytest.raises(UsageError, match=message):
        build_runner(config_of(tmp_path, loop=loop)).train()


def test_a_method_for_fewer_tasks(tmp_path):
    with pytest.raises(UsageError, match='CodaPrompt was built for 3 tasks, and the stream has 6: set its tasks=6'):
        build_runner(config_of(tmp_path, tuning=CODA, loop=by_class(6))).train()


def test_a_test_set_without_a_task_is_known_before_the_first_step(tmp_path):
    config, seen = config_of(tmp_path, tuning=CODA, loop=dict(stream=dict(type='DomainStream', field='room'))), []
    config.val_dataloader.dataset.rooms = ['attic']
    runner = build_runner(config)
    watch(runner, seen)
    with pytest.raises(UsageError, match='no task trains attic'):
        runner.train()
    assert not seen


def test_without_tests_there_is_no_matrix(tmp_path):
    config = config_of(tmp_path)
    config.val_dataloader = config.val_cfg = config.val_evaluator = None
    with pytest.raises(UsageError, match='tests every task: set val_dataloader'):
        build_runner(config).train()


def test_averages_of_weights(tmp_path):
    config = config_of(tmp_path)
    config.custom_hooks.append(dict(type='EMAHook'))
    with pytest.raises(UsageError, match='EMAHook would average them over tasks'):
        build_runner(config).train()


def test_a_run_that_a_hook_stops_ends_in_its_task(tmp_path):
    runner = build_runner(config_of(tmp_path, tuning=CODA))

    class Stop(Hook):
        def after_train_epoch(self, runner):
            runner.train_loop.stop_training = runner.epoch == 2
    runner.register_hook(Stop())
    assert int(runner.train().backbone.tuning.task) == 1 and runner.epoch == 3
    assert len(results(tmp_path)['accuracies']) == 1


def test_another_metric(tmp_path):
    config = config_of(tmp_path, epochs=1)
    config.val_evaluator = dict(type='SingleLabelMetric')
    with pytest.raises(UsageError, match='tested by accuracy/top1'):
        build_runner(config).train()


def test_going_on_with_another_stream(tmp_path, monkeypatch):
    config = config_of(tmp_path / 'run', epochs=1)
    build_runner(config).train()
    config.load_from, config.resume = str(tmp_path / 'run/epoch_1.pth'), True
    for change, message in ((by_class(3, seed=3), '1 epochs each: go on with the stream, data'),
                            (dict(epochs=2), 'run has a ClassStream .* 2 epochs each')):
        other = copy.deepcopy(config)
        other.train_cfg.update(change)
        with pytest.raises(UsageError, match=message):
            build_runner(other).train()
    known = SixClasses.load_data_list
    monkeypatch.setattr(SixClasses, 'load_data_list', lambda self: known(self)[:-1])
    with pytest.raises(UsageError, match=', of other images: go on'):
        build_runner(config).train()


def test_the_tool_trains_it(tmp_path):
    """L2P's config with a stream in the place of one task, checks before the run included."""
    config = shrink_classifier(Config.fromfile(PROTOCOLS / 'vit-b_l2p.py'), save_weights(tmp_path / 'base.pth'))
    config.train_cfg = dict(type='ContinualLoop', epochs=1, **by_class(5, seed=0))
    for phase in ('train', 'val', 'test'):
        config[f'{phase}_dataloader'].dataset.images = 60
    config.dump(tmp_path / 'small.py')
    train.run(train_options(tmp_path))
    found = results(tmp_path / 'run')
    assert [len(row) for row in found['accuracies']] == [1, 2, 3, 4, 5]
    assert {'average accuracy', 'average incremental accuracy', 'forgetting'} <= found.keys()
