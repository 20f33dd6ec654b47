"""The configs of real data, on small data in the same formats: their whole life in two steps."""
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DATASETS, init_default_scope

from tests.real import nothing_installed, render_square, write_emoji, write_fashion, write_stamps
from tests.small import train_options
from vpt_mm.cli import test, train
from vpt_mm.datasets.real import emoji
from vpt_mm.datasets.real.stamp_scenes import write_stamp_scenes
from vpt_mm.errors import UsageError

FOLDER = Path(__file__).parents[2] / 'configs' / 'real'


@pytest.fixture
def data(monkeypatch, tmp_path):
    (tmp_path / 'data').mkdir()
    monkeypatch.setenv('DATA_ROOT', str(tmp_path / 'data'))
    yield from nothing_installed(monkeypatch, tmp_path / 'data')


def life(name, tmp_path):
    """Train, test; the metrics, and the checkpoint's tensors."""
    options = {'train_cfg.max_iters': 2, 'train_cfg.val_interval': 2, 'train_dataloader.batch_size': 4,
               'default_hooks.checkpoint.interval': 2, 'log_level': 'ERROR'}
    args = dict(config=str(FOLDER / f'{name}.py'), cfg_options=options)
    train.run(train_options(tmp_path, **args))
    checkpoint = str(tmp_path / 'run' / 'iter_2.pth')
    metrics = test.run(train_options(tmp_path, **args, checkpoint=checkpoint))
    return metrics, torch.load(checkpoint, weights_only=True)['state_dict']


@pytest.mark.parametrize('name', ['pictures_real', 'compared_real'])
def test_a_task_trains_and_is_tested(name, data, tmp_path, monkeypatch):
    monkeypatch.setenv('TASK', 'fashion')
    write_fashion(data, monkeypatch)
    metrics, state = life(name, tmp_path)
    assert 0 <= metrics['accuracy/top1'] <= 100 and state['head.fc.weight'].shape[0] == 10


@pytest.mark.parametrize('name', ['stamp-scenes_real', 'compared_scenes_real'])
def test_scenes_train_and_are_tested(name, data, tmp_path):
    write_stamps(data / 'stamps')
    write_stamp_scenes(data / 'stamp_scenes', images=4, val_images=2, test_images=2, size=64, root=str(data))
    metrics, state = life(name, tmp_path)
    assert 0 <= metrics['mIoU'] <= 100 and state['decode_head.conv_seg.weight'].shape[0] == 12


def test_the_task_is_that_of_the_environment(monkeypatch):
    monkeypatch.setenv('TASK', 'stamps')
    config = Config.fromfile(FOLDER / 'pictures_real.py')
    assert config.model.head.num_classes == config.data_preprocessor.num_classes == 11
    assert {config[f'{phase}_dataloader'].dataset.task for phase in ('train', 'val', 'test')} == {'stamps'}


@pytest.mark.parametrize('name, message', [('pictures_real', 'no Fashion-MNIST in .*apt-get install'),
                                           ('stamp-scenes_real', 'no data at .*real.stamp_scenes')])
def test_what_is_missing_is_named(name, message, data, tmp_path):
    with pytest.raises(UsageError, match=message):
        train.run(train_options(tmp_path, config=str(FOLDER / f'{name}.py')))


def test_one_style_is_adapted_to_the_other(data, monkeypatch):
    write_emoji(data, each=10)
    monkeypatch.setattr(emoji, 'render', render_square)
    config = Config.fromfile(FOLDER / 'vit-b16_dapl_emoji.py')
    init_default_scope(config.default_scope)
    pair, tested = DATASETS.build(config.train_dataloader.dataset), DATASETS.build(config.test_dataloader.dataset)
    assert (len(pair.source), len(pair.target), len(tested)) == (35, 35, 35)
    assert pair.metainfo['classes'] == tested.metainfo['classes'] == tuple(emoji.CLASSES)
    assert pair[0]['inputs'].shape == (3, 224, 224)
    assert int(pair[0]['data_samples'].gt_label) == 0 and int(pair[35]['data_samples'].gt_label) == -1
