"""The offline configs: their weights, and their whole life in two steps."""
import json
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS, init_default_scope
from safetensors.torch import load_file

from tests.offline import few_images
from tests.small import train_options
from vpt_mm.cli import test, train

FOLDER = Path(__file__).parents[2] / 'configs' / 'offline'


@pytest.fixture(autouse=True)
def few(monkeypatch):
    yield from few_images(monkeypatch, train=20, val=8, test=8)


@pytest.mark.parametrize('name', ['vit', 'swin'])
def test_the_shipped_weights_are_the_whole_backbone(name):
    file = FOLDER / f'{name}.pth'
    assert file.stat().st_size < 5e6
    state = torch.load(file, weights_only=True)['state_dict']
    config = Config.fromfile(FOLDER / f'pretrain_{name}.py')
    init_default_scope(config.default_scope)
    plain = MODELS.build(config.model).backbone.state_dict()
    assert {key: tensor.shape for key, tensor in state.items()} == {key: tensor.shape for key, tensor in plain.items()}


def test_the_shipped_towers_are_the_whole_model():
    file = FOLDER / 'words.safetensors'
    assert file.stat().st_size < 4e6
    state = load_file(file)
    config = Config.fromfile(FOLDER / 'pretrain_words.py')
    init_default_scope(config.default_scope)
    model = MODELS.build(config.model).state_dict()
    assert {key: tensor.shape for key, tensor in state.items()} == {key: tensor.shape for key, tensor in model.items()}
    assert {tensor.dtype for tensor in state.values()} == {torch.float16}


@pytest.mark.parametrize('name', ['words_offline', 'words_adapt_offline'])
def test_words_are_learned_on_both_towers_of_one_file(name, tmp_path, monkeypatch):
    monkeypatch.setenv('TARGET', 'textured')
    options = {'train_cfg.max_iters': 2, 'train_dataloader.batch_size': 4, 'test_dataloader.dataset.each': 1,
               'default_hooks.checkpoint.interval': 2, 'log_level': 'ERROR'}
    args = dict(config=str(FOLDER / f'{name}.py'), work_dir=str(tmp_path), cfg_options=options)
    train.run(train_options(tmp_path, **args, no_validate=True))
    checkpoint = str(tmp_path / 'iter_2.pth')
    state = torch.load(checkpoint, weights_only=True)['state_dict']
    assert all(key.startswith('head.text.tuning.') for key in state)
    metrics = test.run(train_options(tmp_path, **args, checkpoint=checkpoint))
    assert 0 <= metrics['accuracy/top1'] <= 100


@pytest.mark.parametrize('name', ['vit_offline', 'swin_offline', 'pretrain_vit', 'pretrain_swin', 'pretrain_words'])
def test_a_config_trains_and_validates(name, tmp_path, monkeypatch):
    monkeypatch.setenv('TASK', 'relief')
    options = {'train_cfg.max_iters': 2, 'train_cfg.val_interval': 2, 'train_dataloader.batch_size': 4,
               'default_hooks.checkpoint.interval': 2, 'log_level': 'ERROR'}
    if name.startswith('pretrain'):
        options[f"val_dataloader.dataset.{'each' if name.endswith('words') else 'images'}"] = 4
    args = dict(config=str(FOLDER / f'{name}.py'), cfg_options=options)
    train.run(train_options(tmp_path, **args))
    checkpoint = str(tmp_path / 'run' / 'iter_2.pth')
    state = torch.load(checkpoint, weights_only=True)['state_dict']
    if name.startswith('pretrain'):
        assert 'head.text.logit_scale' in state or 'head.task_heads.letter.fc.weight' in state
        return
    assert state['head.fc.weight'].shape[0] == 8  # directions of the sun
    metrics = test.run(train_options(tmp_path, **args, checkpoint=checkpoint))
    assert 0 <= metrics['accuracy/top1'] <= 100


def test_a_stream_trains_task_after_task_with_queries_kept(tmp_path, monkeypatch):
    monkeypatch.setenv('TASK', 'symbols_stream')
    options = {'train_cfg.epochs': 2, 'train_dataloader.batch_size': 10, 'log_level': 'ERROR'}
    train.run(train_options(tmp_path, config=str(FOLDER / 'vit_stream.py'), work_dir=str(tmp_path),
                            cfg_options=options, cache_queries=True))
    found = json.loads((tmp_path / 'accuracies.json').read_text())
    assert [len(own) for own in found['tasks']] == [5] * 5
    assert [len(row) for row in found['accuracies']] == [1, 2, 3, 4, 5]


def test_the_task_is_that_of_the_environment(monkeypatch):
    monkeypatch.setenv('TASK', 'count')
    config = Config.fromfile(FOLDER / 'vit_offline.py')
    assert config.model.head.num_classes == 8
    assert {config[f'{phase}_dataloader'].dataset.task for phase in ('train', 'val', 'test')} == {'count'}
