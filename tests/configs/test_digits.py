"""The digit configs: what they share, and their whole life in two steps."""
from argparse import Namespace
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS, init_default_scope

from vpt_mm.cli import test, train
from vpt_mm.datasets.digits.scenes import write_scenes
from vpt_mm.engine.isolation import forget_runs
from vpt_mm.models.tuned import count_tuned

FOLDER = Path(__file__).parents[2] / 'configs' / 'digits'
CONFIGS = sorted(path.name for path in FOLDER.glob('*.py'))


def build(name):
    config = Config.fromfile(FOLDER / name)
    init_default_scope(config.default_scope)
    return MODELS.build(config.model)


def test_the_two_methods_differ_in_the_tuning_alone():
    linear, deep = (Config.fromfile(FOLDER / f'setr_digits_{name}.py') for name in ('linear', 'deep'))
    assert linear.model.backbone.pop('tuning') == dict(type='LinearProbe')
    assert deep.model.backbone.pop('tuning').type == 'DeepPrompt'
    assert linear.to_dict() == deep.to_dict()


def test_only_the_prompts_are_tuned_in_addition():
    linear, deep = (count_tuned(build(f'setr_digits_{name}.py')) for name in ('linear', 'deep'))
    length = Config.fromfile(FOLDER / 'setr_digits_deep.py').model.backbone.tuning.length
    assert (linear.added, deep.added) == (0, 6 * length * 96)
    assert linear.tuned == linear.head == deep.head


@pytest.mark.parametrize('name, most', [('vit', 3e6), ('convnext', 2.5e6)])
def test_the_shipped_weights_are_the_whole_backbone(name, most):
    file = FOLDER / f'{name}_digits.pth'
    assert file.stat().st_size < most
    state = torch.load(file, weights_only=True)['state_dict']
    plain = build(f'pretrain_{name}_digits.py').backbone
    assert {key: tensor.shape for key, tensor in state.items()} == \
        {key: tensor.shape for key, tensor in plain.state_dict().items()}


@pytest.mark.parametrize('name', CONFIGS)
def test_a_config_trains_and_tests(name, tmp_path, monkeypatch):
    options = {'train_cfg.max_iters': 2, 'train_cfg.val_interval': 2, 'train_dataloader.batch_size': 2,
               'default_hooks.checkpoint.interval': 2, 'log_level': 'ERROR'}
    if name.startswith('setr'):
        write_scenes(tmp_path / 'scenes', images=2, val_images=1, size=64)
        options.update({f'{phase}_dataloader.dataset.data_root': str(tmp_path / 'scenes')
                        for phase in ('train', 'val', 'test')})
    else:
        options.update({f'{phase}_dataloader.dataset.images': 4 for phase in ('train', 'val', 'test')})
    args = dict(config=str(FOLDER / name), work_dir=str(tmp_path / 'run'), cfg_options=options, launcher='none',
                local_rank=0)
    train.run(Namespace(**args, amp=False, no_validate=False, cache_queries=False, no_picture=True,
                        resume=None))
    forget_runs()
    checkpoint = str(tmp_path / 'run' / 'iter_2.pth')
    metrics = test.run(Namespace(**args, checkpoint=checkpoint, tta=False, out=None, show_dir=None))
    assert metrics.keys() & {'mIoU', 'accuracy/top1'}
    if 'by-name' in name:
        monkeypatch.setenv('PART', 'new')
        forget_runs()
        metrics = test.run(Namespace(**args, checkpoint=checkpoint, tta=False, out=None, show_dir=None))
        assert 'mIoU' in metrics
