"""The configs of real data, on small data in the same formats: their whole life in two steps."""
from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from tests.real import nothing_installed, write_fashion, write_stamps
from tests.small import train_options
from vpt_mm.cli import test, train
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


def test_a_task_trains_and_is_tested(data, tmp_path, monkeypatch):
    monkeypatch.setenv('TASK', 'fashion')
    write_fashion(data, monkeypatch)
    metrics, state = life('pictures_real', tmp_path)
    assert 0 <= metrics['accuracy/top1'] <= 100 and state['head.fc.weight'].shape[0] == 10


def test_scenes_train_and_are_tested(data, tmp_path):
    write_stamps(data / 'stamps')
    write_stamp_scenes(data / 'stamp_scenes', images=4, val_images=2, test_images=2, size=64, root=str(data))
    metrics, state = life('stamp-scenes_real', tmp_path)
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
