"""Every config of continual learning trains its tasks, on data in the layouts of the streams."""
import json
from pathlib import Path

import pytest
from mmengine.config import Config

from tests.conftest import TINY
from tests.runs import save_weights
from tests.small import narrow, train_options
from tests.stream_folders import write_stream
from vpt_mm.cli import train
from vpt_mm.models.tuned import count_tuned
from vpt_mm.models.weightless import build_weightless

CONFIGS = Path(__file__).parents[2] / 'configs/continual'
STREAMS = {'l2p-paper': '5-datasets', 'l2p-code': 'core50', 'dualprompt-paper': 'imagenet-r',
           'coda-prompt-code': 'core50'}
BATCHES = {'cifar100': 25, 'imagenet-r': 240, '5-datasets': 5, 'core50': 25}  # two of each task


@pytest.fixture(scope='module')
def data(tmp_path_factory):
    """A folder with a stream's data, written once."""
    written = {}

    def find(stream):
        if stream not in written:
            written[stream] = tmp_path_factory.mktemp(stream)
            write_stream(written[stream], stream)
        return written[stream]

    return find


@pytest.fixture(scope='module')
def weights(tmp_path_factory):
    return save_weights(tmp_path_factory.mktemp('weights') / 'base.pth')


def read(name, stream, monkeypatch, *, root='data'):
    for variable, value in dict(STREAM=stream, SIZE='32', DATA_ROOT=str(root)).items():
        monkeypatch.setenv(variable, value)
    return Config.fromfile(CONFIGS / f'vit-b_{name}_continual.py')


def shrink(config, weights, stream):
    """A tiny backbone and two tasks, but of 5-datasets all."""
    config.model.backbone.update(arch=dict(TINY), patch_size=8)
    config.model.backbone.init_cfg.checkpoint = weights
    config.model.head.in_channels = 32
    narrow(config.model.backbone.tuning)
    for phase in ('train', 'val', 'test'):
        config[f'{phase}_dataloader'].update(batch_size=BATCHES[stream], num_workers=0, persistent_workers=False)
    if stream == 'core50':
        config.train_dataloader.dataset.sessions = [1, 2]
    elif stream != '5-datasets' and 'stream' in config.train_cfg:
        config.train_cfg.stream.tasks = 2
    if 'stream' in config.train_cfg:
        config.train_cfg.epochs = 1
    else:
        config.train_cfg.max_epochs = config.train_cfg.val_interval = 1
    config.log_level = 'ERROR'


@pytest.mark.parametrize('name', sorted(file.stem[6:-10] for file in CONFIGS.glob('*.py')))
def test_every_config_trains_its_tasks(name, data, weights, monkeypatch, tmp_path):
    stream = STREAMS.get(name, 'cifar100')
    config = read(name, stream, monkeypatch, root=data(stream))
    shrink(config, weights, stream)
    config.dump(tmp_path / 'small.py')
    train.run(train_options(tmp_path))
    if name == 'joint':
        assert (tmp_path / 'run/epoch_1.pth').exists()
        return
    found = json.loads((tmp_path / 'run/accuracies.json').read_text())
    columns = {'5-datasets': [1, 2, 3, 4, 5], 'core50': [1, 1]}.get(stream, [1, 2])
    assert [len(row) for row in found['accuracies']] == columns


def recipe(name, stream, monkeypatch):
    config = read(name, stream, monkeypatch)
    return config.model.backbone.tuning, config.optim_wrapper.optimizer, config.train_cfg


def test_paper_and_code_differ_as_they_say(monkeypatch):
    paper, code = (recipe(f'l2p-{kind}', 'cifar100', monkeypatch) for kind in ('paper', 'code'))
    assert paper[0] == dict(type='PromptPool', size=10, selected=5, length=5, weight=0.5)
    assert code[0] == dict(type='PromptPool', size=10, selected=4, length=10, weight=1., batchwise=True)
    assert (paper[1].lr, code[1].lr) == (0.03, 0.015) and paper[2].epochs == code[2].epochs == 5
    assert recipe('l2p-paper', '5-datasets', monkeypatch)[0] == dict(
        type='PromptPool', size=20, selected=4, length=5, weight=0.5, diversified=True)


@pytest.mark.parametrize('stream, prompts, classes', [('cifar100', 46_080, 100), ('5-datasets', 92_160, 50)])
def test_l2p_has_the_parameters_that_its_paper_counts(stream, prompts, classes, monkeypatch):
    """Prompts and keys, beside the head."""
    monkeypatch.delenv('SIZE', raising=False)
    for variable, value in dict(STREAM=stream, DATA_ROOT='data').items():
        monkeypatch.setenv(variable, value)
    config = Config.fromfile(CONFIGS / 'vit-b_l2p-paper_continual.py')
    counts = count_tuned(build_weightless(config.model, scope=config.default_scope))
    assert (counts.added, counts.head, counts.backbone) == (prompts, 769 * classes, 0)
