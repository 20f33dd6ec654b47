"""CacheQueriesHook: training that looks plain features up gives what training that computes them gives."""
import copy
from unittest.mock import patch

import pytest
import torch
from mmengine.registry import DATASETS
from mmpretrain.structures import DataSample

from tests.runs import build_runner, learned_state, run_config, save_weights
from tests.streams import stream_config
from vpt_mm.datasets import JoinedClasses
from vpt_mm.engine.cache_queries_hook import require_steady
from vpt_mm.errors import UsageError
from vpt_mm.models.tunable import Tunable

POOL = dict(type='PromptPool', size=4, selected=2, length=2, diversified=True)
DUAL = dict(type='DualPrompt', tasks=3, expert_blocks=[3, 4], general_length=2, expert_length=2)
CODA = dict(type='CodaPrompt', tasks=3, components=6, length=4, blocks=[1, 3])
HOOK = dict(type='CacheQueriesHook')


def trained(config, *, resume=None):
    """What a run learned in float64, and of how many images it computed the plain feature while training."""
    config, seen = copy.deepcopy(config), []
    if resume:
        config.load_from, config.resume = str(resume), True
    runner, plain = build_runner(config), Tunable.plain
    runner.model.double()

    def watched(backbone, inputs, **asked):
        seen.extend(inputs if runner.model.training else ())
        return plain(backbone, inputs, **asked)
    with patch.object(Tunable, 'plain', watched):
        return learned_state(runner.train()), len(seen)


@pytest.mark.parametrize('tuning', [POOL, [DUAL, dict(type='BiasTuning')], CODA], ids=['pool', 'dual', 'coda'])
def test_what_is_learned_does_not_change(tuning, tmp_path):
    """Over tasks, and of a pool from a checkpoint in the middle of one as well."""
    config = stream_config(tmp_path / 'plain', tuning=tuning)
    cached = copy.deepcopy(config)
    cached.work_dir = str(tmp_path / 'cached')
    cached.custom_hooks.append(HOOK)
    expected, computed = trained(config)
    assert computed == 2 * 15  # two epochs of seven images, and of four, and of four
    for resume, images in [(None, 15), (tmp_path / 'plain/epoch_3.pth', 8)][:2 if tuning is POOL else 1]:
        state, computed = trained(cached, resume=resume)
        assert computed == images
        for name, tensor in state.items():
            torch.testing.assert_close(tensor, expected[name], rtol=0, atol=1e-12)


def steady(transform):
    return dict(type='CustomDataset', _scope_='mmpretrain', data_prefix='.', lazy_init=True, pipeline=[transform])


@pytest.mark.parametrize('transform, name', [(dict(type='RandomFlip', prob=0.5), 'RandomFlip'), (
    dict(type='torchvision/ColorJitter', hue=0.1), 'ColorJitter')])
def test_chance_is_named(transform, name):
    model = torch.nn.Module()
    model.data_preprocessor = None
    joined = object.__new__(JoinedClasses)
    joined.datasets = [DATASETS.build(steady(dict(type='Resize', scale=8))), DATASETS.build(steady(transform))]
    require_steady(model, joined.datasets[0])
    with pytest.raises(UsageError, match=f'the same in every epoch, and {name} of the training pipeline may change'):
        require_steady(model, joined)


def test_what_can_not_be_kept_is_refused(tmp_path):
    weights = save_weights(tmp_path / 'base.pth')
    for changes, message in [
            (dict(tuning=dict(type='DeepPrompt', length=2)), '0 backbones of the model have such a method'),
            (dict(tuning=POOL), 'RandomImages does not number images')]:
        with pytest.raises(UsageError, match=message):
            build_runner(run_config(tmp_path, weights=weights, hooks=[HOOK], **changes)).train()
    config = stream_config(tmp_path / 'mixed', tuning=POOL)
    config.custom_hooks.append(HOOK)
    config.model.train_cfg = dict(augments=dict(type='Mixup', alpha=0.2))
    with pytest.raises(UsageError, match='model.train_cfg.augments may change them'):
        build_runner(config).train()
    config = stream_config(tmp_path / 'captured', tuning=POOL)
    config.custom_hooks.append(HOOK)
    config.model.backbone.accelerate = dict(type='Compiled')
    with pytest.raises(UsageError, match='a compiled or captured pass leaves out'):
        build_runner(config).train()


def test_images_without_a_number_are_refused(tmp_path):
    config = stream_config(tmp_path, tuning=POOL)
    config.custom_hooks.append(HOOK)
    with patch('tests.streams.DataSample', lambda metainfo: DataSample()), pytest.raises(
            UsageError, match='PackInputs leaves out here: add it to meta_keys'):
        build_runner(config).train()
