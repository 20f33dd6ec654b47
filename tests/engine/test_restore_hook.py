"""RestoreHook: what a checkpoint of prompts must bring to be tested, and which backbone it gets back."""
from argparse import Namespace
from pathlib import Path

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS, init_default_scope

from tests.runs import build_runner, run_config, save_weights
from vpt_mm.engine.restore_hook import RestoreHook
from vpt_mm.errors import UsageError
from vpt_mm.models.frozen import sourced_keys


@pytest.fixture
def weights(tmp_path):
    return save_weights(tmp_path / 'base.pth')


def test_testing_brings_the_backbone_from_its_source(tmp_path, weights):
    runner = build_runner(run_config(tmp_path / 'run', weights=weights))
    runner.train()
    again = build_runner(run_config(tmp_path / 'test', weights=weights, load_from=str(tmp_path / 'run/iter_6.pth')))
    again.test()
    for key, tensor in runner.model.state_dict().items():
        assert torch.equal(again.model.state_dict()[key], tensor), key


@pytest.mark.parametrize('use', ['test', 'train'])
def test_another_backbone_is_refused(tmp_path, weights, use):
    build_runner(run_config(tmp_path / 'run', weights=weights)).train()
    torch.manual_seed(1)
    other = save_weights(tmp_path / 'other.pth')
    config = run_config(tmp_path / 'again', weights=other, load_from=str(tmp_path / 'run/iter_6.pth'))
    with pytest.raises(UsageError, match='trained on another frozen backbone'):
        getattr(build_runner(config), use)()


def test_a_prompt_only_checkpoint_without_a_backbone_is_refused(tmp_path, weights):
    build_runner(run_config(tmp_path / 'run', weights=weights)).train()
    config = run_config(tmp_path / 'again', load_from=str(tmp_path / 'run/iter_6.pth'))
    with pytest.raises(UsageError, match='that of the weights at hand is none'):
        build_runner(config).test()


def test_a_task_of_another_length_is_refused(tmp_path, weights):
    build_runner(run_config(tmp_path / 'run', weights=weights)).train()
    config = run_config(tmp_path / 'again', weights=weights, tuning=dict(type='DeepPrompt', length=5),
                        load_from=str(tmp_path / 'run/iter_6.pth'))
    with pytest.raises(UsageError, match=r'does not fit the model.*backbone\.tuning\.tokens'):
        build_runner(config).test()


def test_testing_without_a_checkpoint_is_refused(tmp_path, weights):
    with pytest.raises(UsageError, match='testing needs a checkpoint'):
        build_runner(run_config(tmp_path / 'run', weights=weights)).test()


def test_what_learns_nothing_needs_no_checkpoint():
    """Zero-shot: ``init_cfg`` brings all of it; without one it is refused."""
    model = Config.fromfile(Path(__file__).parents[2] / 'configs/offline/words_offline.py').model
    model.head.text.tuning = dict(type='LinearProbe')
    init_default_scope('mmpretrain')
    whole = MODELS.build(model)
    RestoreHook().before_test(Namespace(model=whole))
    assert not set(whole.state_dict()) - sourced_keys(whole)
    model.head.text.pop('init_cfg')
    with pytest.raises(UsageError, match='does not fit the model: 43 tensors are missing.*head.text.'):
        RestoreHook().before_test(Namespace(model=MODELS.build(model)))


def test_testing_after_training_needs_none(tmp_path, weights):
    runner = build_runner(run_config(tmp_path / 'run', weights=weights))
    runner.train()
    runner.test()


def _broken(tensor):
    tensor.view(-1)[0] = float('nan')
    return tensor


@pytest.mark.parametrize('key, change, told', [
    ('backbone.tuning.tokens', _broken, 'NaN or infinite values in backbone.tuning.tokens'),
    ('head.fc.weight', lambda tensor: tensor + float('inf'), 'NaN or infinite values in head.fc.weight'),
    ('head.fc.weight', torch.Tensor.half, r'1 tensors are missing, or of another shape or type: head\.fc\.weight'),
    ('head.fc.bias', torch.Tensor.long, 'of another shape or type: head.fc.bias')])
def test_numbers_that_are_broken_or_of_another_type_are_refused(key, change, told, tmp_path, weights):
    build_runner(run_config(tmp_path / 'run', weights=weights, iters=2)).train()
    file = tmp_path / 'run/iter_2.pth'
    saved = torch.load(file, weights_only=True)
    saved['state_dict'][key] = change(saved['state_dict'][key])
    torch.save(saved, file)
    with pytest.raises(UsageError, match=told):
        build_runner(run_config(tmp_path / 'test', weights=weights, load_from=str(file))).test()


def test_a_backbone_too_large_for_half_precision_is_refused(tmp_path):
    """Its weights are finite in the file, and overflow where they are stored in float16."""
    weights = save_weights(tmp_path / 'base.pth')
    build_runner(run_config(tmp_path / 'run', weights=weights, iters=2)).train()
    saved = torch.load(weights, weights_only=True)
    saved['state_dict']['ln1.weight'][0] = 1e6
    torch.save(saved, weights)
    config = run_config(tmp_path / 'test', weights=weights, load_from=str(tmp_path / 'run/iter_2.pth'))
    config.model.backbone.frozen_dtype = 'float16'
    with pytest.raises(UsageError, match=r'NaN or infinite values in backbone\.ln1\.weight.*float16 is too narrow'):
        build_runner(config).test()
