"""Every config of words: what it learns at full size, and two steps and a test on a folder in its dataset's layout."""
import math
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import PARAM_SCHEDULERS

from tests.clip import write_clip
from tests.conftest import TINY
from tests.layouts import NAMES, draw, write_words
from tests.readmes import counts_of
from tests.small import train_options
from tests.words import TEXT
from vpt_mm.cli import test, train
from vpt_mm.costs.parameters import read_protocol
from vpt_mm.datasets import WORDS

FOLDER = Path(__file__).parents[2] / 'configs' / 'words'
CONFIGS = dict(  # parameters at full size
    coop=16 * 512, cocoop=4 * 512 + (512 * 32 + 32) + (32 * 512 + 512), vpt=12 * 8 * 768, ivlp=9 * 4 * (512 + 768),
    dapl_visda17=(12 + 2) * 16 * 512, **{'dapl_office-home': (1 + 2) * 16 * 512, 'deep-text': 9 * 4 * 512,
                                         'zero-shot': 0})
FEW_SHOT = [name for name in WORDS if 'train' in WORDS[name].images and name != 'VisDA17']
DATA = {'dapl_office-home': 'OfficeHome', 'dapl_visda17': 'VisDA17'}


def path_of(name):
    return FOLDER / f'vit-b16_{name}.py'


def test_every_config_is_listed_here():
    assert {file.name for file in FOLDER.glob('*.py')} == {path_of(name).name for name in CONFIGS}
    assert counts_of(FOLDER) == {path_of(name).stem: count for name, count in CONFIGS.items()}


@pytest.mark.parametrize('name', CONFIGS)
def test_what_a_config_tunes(name):
    assert sum(read_protocol(path_of(name)).parts.values()) == CONFIGS[name]


@pytest.fixture(scope='module')
def clip(tmp_path_factory):
    return write_clip(tmp_path_factory.mktemp('weights') / 'clip.safetensors')


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(name, clip, monkeypatch, **environment):
    """The config as users name their data, with towers and images as small as the file."""
    for key, value in dict(environment, CLIP=clip, ACTIVATION='GELU', SHOTS=2, CLASSES=4, CONTEXT=2).items():
        if key != 'CLASSES' or name == 'dapl_visda17':
            monkeypatch.setenv(key, str(value))
    config = Config.fromfile(path_of(name))
    config.model.backbone.update(arch=TINY, img_size=32, patch_size=8)
    config.model.head.text.update(TEXT, image_width=32)
    for tuning in (config.model.head.text.get('tuning') or {}, config.model.backbone.tuning):
        tuning.update({key: small for key, small in dict(depth=2, last=2, reduction=4).items() if key in tuning})
    for loader in (config.train_dataloader, config.test_dataloader):
        if loader:
            loader.update(num_workers=0, persistent_workers=False)
            loader.batch_size = min(loader.batch_size, 4)
            shrink_pipelines(loader.dataset)
    if config.get('train_cfg'):
        config.train_cfg.max_epochs = config.default_hooks.checkpoint.interval = 1
        config.param_scheduler = None
    config.log_level = 'ERROR'
    return config


def shrink_pipelines(dataset):
    for step in dataset.get('pipeline', ()):
        step.update({key: 32 for key in ('scale', 'crop_size') if key in step})
    for inner in (*dataset.get('datasets', ()), *([dataset.dataset] if 'dataset' in dataset else [])):
        shrink_pipelines(inner)


def run(config, folder):
    """Train and test through the commands; returns the learned tensors and the metrics."""
    config.dump(folder / 'small.py')
    if not config.get('train_cfg'):
        return {}, test.run(train_options(folder, checkpoint=None))
    train.run(train_options(folder))
    file = (folder / 'run/last_checkpoint').read_text()
    return torch.load(file, weights_only=True)['state_dict'], test.run(train_options(folder, checkpoint=file))


@pytest.mark.parametrize('name', CONFIGS)
def test_every_config_trains(name, clip, here, monkeypatch):
    data = DATA.get(name, 'EuroSAT')
    write_words(here / 'data', data, classes=4, each=2)
    learned, metrics = run(read(name, clip, monkeypatch, TASK=data), here)
    assert all('tuning' in key for key in learned) and bool(learned) == (name != 'zero-shot')
    assert 'single-label/recall' in metrics if name == 'dapl_visda17' else metrics.keys() == {'accuracy/top1'}


@pytest.mark.parametrize('data', FEW_SHOT)
def test_every_dataset_trains(data, clip, here, monkeypatch):
    write_words(here / 'data', data, classes=3, each=2)
    config = read('coop', clip, monkeypatch, TASK=data)
    assert config.model.head.templates == [WORDS[data].template]
    assert run(config, here)[1]['accuracy/top1'] in [pytest.approx(100 * right / 6) for right in range(7)]
    assert (here / f'work_dirs/few_shot/{data}/2-shots_seed-1.json').is_file()


def test_base_to_new_and_other_datasets_are_asked_of_one_checkpoint(clip, here, monkeypatch):
    write_words(here / 'data', 'ImageNet', classes=5, each=2)
    run(read('coop', clip, monkeypatch, TASK='ImageNet', PART='base'), here)
    file = (here / 'run/last_checkpoint').read_text()
    for environment, count in ((dict(PART='new'), 2), (dict(PART='all', TASK='ImageNetA'), 4),
                               (dict(PART='all', TASK='ImageNetV2'), 4), (dict(PART='all', TASK='UCF101'), 4)):
        if 'TASK' in environment:
            write_words(here / 'data', environment['TASK'], classes=4, each=1)
        config = read('coop', clip, monkeypatch, **environment)
        config.dump(here / 'small.py')
        outcome = test.run(train_options(here, checkpoint=file))['accuracy/top1']
        images = 2 * count if 'TASK' not in environment else count
        assert outcome in [pytest.approx(100 * right / images) for right in range(images + 1)]


def test_folders_of_ones_own(clip, here, monkeypatch):
    for part in ('train', 'test'):
        for label, name in enumerate(NAMES[:3]):
            for number in range(3):
                draw(here / 'photos' / part / name / f'{number}.png', label)
    config = read('coop', clip, monkeypatch, DATA='folders', DATA_ROOT='photos')
    assert run(config, here)[1].keys() == {'accuracy/top1'}


@pytest.mark.parametrize('shots, epochs', [(1, 50), (2, 100), (4, 100), (8, 200), (16, 200)])
def test_epochs_follow_the_shots(shots, epochs, monkeypatch):
    monkeypatch.setenv('SHOTS', str(shots))
    assert Config.fromfile(path_of('coop')).train_cfg.max_epochs == epochs
    monkeypatch.setenv('TASK', 'ImageNet')
    assert Config.fromfile(path_of('coop')).train_cfg.max_epochs == 50


@pytest.mark.parametrize('name', [name for name in CONFIGS if name != 'zero-shot'])
def test_the_rate_is_low_for_an_epoch_and_then_a_cosine_of_all(name):
    config = Config.fromfile(path_of(name))
    rate, epochs = config.optim_wrapper.optimizer.lr, config.train_cfg.max_epochs
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=rate)
    schedulers = [PARAM_SCHEDULERS.build(one, default_args=dict(optimizer=optimizer)) for one in config.param_scheduler]
    for epoch in range(epochs):
        expected = rate * (1 + math.cos(math.pi * (epoch - 1) / epochs)) / 2 if epoch else 1e-5
        assert optimizer.param_groups[0]['lr'] == pytest.approx(expected, rel=1e-6)
        optimizer.step()
        for scheduler in schedulers:
            scheduler.step()
