"""Every config of VTAB-1k and FGVC, and every task, at a size that a test can train."""
from pathlib import Path

import pytest
import timm
from mmengine.config import Config

from tests.benchmarks import tiny_options, write_task
from tests.runs import save_weights
from tests.small import train_options
from vpt_mm.cli import test, train
from vpt_mm.cli.launch import load_config
from vpt_mm.datasets import select_tasks
from vpt_mm.errors import UsageError
from vpt_mm.sweep.execute import execute

CONFIGS = Path(__file__).parents[2] / 'configs'
FILES = sorted(file.relative_to(CONFIGS) for name in ('vtab', 'fgvc') for file in (CONFIGS / name).glob('*.py'))
TASKS = [task.name for task in select_tasks(['vtab', 'fgvc'])]
VIT = dict(arch=dict(embed_dims=32, num_layers=2, num_heads=2, feedforward_channels=32), patch_size=8)
TINY = {'vit': (VIT, 32),
        'swin': (dict(arch=dict(embed_dims=8, depths=[1, 1], num_heads=[1, 2]), window_size=4, out_indices=(1,)), 16),
        'convnext': (dict(arch=dict(depths=[1, 1, 2, 1], channels=[8, 8, 12, 16])), 16),
        'resnet': (dict(base_channels=4, stem_channels=4), 128)}


def read(file, task, monkeypatch, *, root='data'):
    for name, value in dict(TASK=task, SIZE='32', DATA_ROOT=str(root)).items():
        monkeypatch.setenv(name, value)
    return Config.fromfile(CONFIGS / file)


def train_tiny(config, file, folder):
    """Two steps of a tiny model, and a test; returns what execute() does."""
    backbone, width = TINY[file.stem.split('-')[0]]
    config.model.backbone.update(**backbone, init_cfg=None)
    config.model.head.in_channels = width
    config.custom_hooks[0].allow_random_backbone = True
    config.train_cfg.max_epochs = 1
    config.param_scheduler = config.val_dataloader = config.val_cfg = config.val_evaluator = None
    for loader in (config.train_dataloader, config.test_dataloader):
        loader.update(batch_size=4, num_workers=0, persistent_workers=False)
    return execute(config.to_dict(), work_dir=folder)


@pytest.mark.parametrize('name', TASKS)
def test_every_task_trains(name, monkeypatch, tmp_path):
    [task] = select_tasks(name)
    file = Path(task.benchmark, f'vit-b_{task.benchmark}.py')
    write_task(tmp_path, name, form='json' if task.benchmark == 'fgvc' else 'txt', test=3)
    outcome = train_tiny(read(file, name, monkeypatch, root=tmp_path), file, tmp_path / 'run')
    assert outcome['tuned'] == 2 * 50 * 32 + 33 * task.classes
    assert outcome['metrics'][task.metric] in [pytest.approx(100 * right / 3) for right in range(4)]


@pytest.mark.parametrize('file', FILES, ids=str)
def test_every_config_trains(file, monkeypatch, tmp_path):
    name = 'kitti' if file.parts[0] == 'vtab' else 'flowers'
    folder = write_task(tmp_path, name, val=0 if name == 'flowers' else 4)
    config = read(file, name, monkeypatch, root=tmp_path)
    assert config.train_cfg.max_epochs == (50 if file.stem.startswith(('vit-l', 'vit-h')) else 100)
    assert config.param_scheduler[1].end == config.train_cfg.max_epochs and config.param_scheduler[0].end == 10
    assert 'accuracy/top1' in train_tiny(config, file, folder / 'run')['metrics']


@pytest.mark.parametrize('file', FILES, ids=str)
def test_images_are_normalised_as_the_weights_were_trained(file, monkeypatch):
    config = read(file, 'kitti' if file.parts[0] == 'vtab' else 'flowers', monkeypatch)
    source = config.model.backbone.init_cfg.checkpoint
    if not source.startswith('timm://'):
        assert file.stem.startswith('vit-b_mocov3')  # ImageNet's, as tests of its family say
        facts = dict(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
    else:
        found = timm.get_pretrained_cfg(source.removeprefix('timm://'))
        assert found.has_weights
        facts = dict(mean=found.mean, std=found.std)
    for key, values in facts.items():
        assert config.data_preprocessor[key] == pytest.approx([255 * value for value in values], abs=1e-3)


def test_a_task_of_another_benchmark_is_refused(monkeypatch):
    with pytest.raises(UsageError, match="TASK must be one of cub, nabirds, .*got 'cifar'"):
        read('fgvc/vit-b_fgvc.py', 'cifar', monkeypatch)


def test_the_commands_train_and_test_a_task(monkeypatch, tmp_path):
    write_task(tmp_path, 'dtd')
    config = read('vtab/vit-b_vtab.py', 'dtd', monkeypatch, root=tmp_path)
    config.merge_from_dict({**tiny_options(save_weights(tmp_path / 'base.pth'), tmp_path, epochs=1),
                            'val_dataloader.num_workers': 0, 'val_dataloader.persistent_workers': False,
                            'default_hooks.checkpoint.interval': 1, 'log_level': 'ERROR'})
    config.dump(tmp_path / 'small.py')
    assert load_config(train_options(tmp_path, work_dir=None)).work_dir == 'work_dirs/small_dtd'
    train.run(train_options(tmp_path))
    metrics = test.run(train_options(tmp_path, checkpoint=str(tmp_path / 'run/epoch_1.pth')))
    assert 0 <= metrics['accuracy/top1'] <= 100
    (tmp_path / 'vtab-1k/dtd/images/test/0000.png').unlink()
    with pytest.raises(UsageError, match='1 of the 4 images that test of'):
        test.run(train_options(tmp_path, checkpoint=str(tmp_path / 'run/epoch_1.pth')))
