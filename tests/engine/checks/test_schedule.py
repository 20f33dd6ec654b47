"""A learning rate that never comes near the one that is set is told; that of configs/own does."""
import re

import pytest
import torch
from mmengine.registry import PARAM_SCHEDULERS
from torch import nn

from tests.own import read_config
from vpt_mm.engine.checks import schedule
from vpt_mm.engine.checks.schedule import check_schedule


def highest_rate(config, *, epoch_length, steps):
    """The highest rate of a run, stepped by the config's schedulers, as a share of the one that is set."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.)
    rates, built = [], []
    for scheduler in config.param_scheduler:
        kind = PARAM_SCHEDULERS.get(scheduler['type'])
        options = {key: value for key, value in scheduler.items() if key not in ('type', 'convert_to_iter_based')}
        built.append(kind.build_iter_from_epoch(optimizer, **options, epoch_length=epoch_length)
                     if scheduler.get('convert_to_iter_based') else kind(optimizer, **options))
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]['lr'])
        optimizer.step()
        for scheduler in built:
            scheduler.step()
    return max(rates)


@pytest.mark.parametrize('epochs, batches', [(1, 1), (1, 7), (10, 1), (19, 1), (20, 1), (50, 3)])
def test_the_rate_of_classifiers_is_reached(epochs, batches):
    config = read_config('classify_folder', EPOCHS=epochs)
    assert highest_rate(config, epoch_length=batches, steps=epochs * batches) > 0.95


@pytest.mark.parametrize('iters', [1, 2, 4, 39, 40, 100])
def test_the_rate_of_segmentors_is_reached(iters):
    config = read_config('segment_folder', ITERS=iters)
    assert highest_rate(config, epoch_length=None, steps=iters) > 0.95


@pytest.mark.parametrize('scheduler, loop, images, told', [
    (dict(end=10, by_epoch=False), dict(max_iters=100), None, None),
    (dict(end=1, by_epoch=False), dict(max_iters=100), None, 'one step, .* iteration 0 to 1, never ends'),
    (dict(end=1500, by_epoch=False), dict(max_iters=100), None, 'ends at iteration 1500 and the training at 100'),
    (dict(end=30, by_epoch=False), dict(max_epochs=2), 80, 'ends at iteration 30 and the training at 20'),
    (dict(end=30, by_epoch=False), dict(max_epochs=2), None, None),
    (dict(end=5), dict(max_epochs=2), 80, 'ends at epoch 5 and the training at 2'),
    (dict(end=1), dict(max_epochs=2), 80, 'one step, .* epoch 0 to 1'),
    (dict(end=1, convert_to_iter_based=True), dict(max_epochs=2), 80, None),
    (dict(end=1, convert_to_iter_based=True), dict(max_epochs=2), 8, 'one step')])
def test_warm_ups(monkeypatch, scheduler, loop, images, told):
    said = []
    monkeypatch.setattr(schedule, 'warn', said.append)
    config = dict(train_cfg=loop, train_dataloader=dict(batch_size=8),
                  param_scheduler=[dict(type='LinearLR', start_factor=0.01, **scheduler), dict(type='PolyLR')])
    check_schedule(config, images=images)
    assert bool(said) == bool(told)
    if told:
        assert re.search(told, said[0])
