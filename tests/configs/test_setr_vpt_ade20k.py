"""The flagship config: its counts at full size, and its whole life at a small size on digit scenes."""
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS
from PIL import Image

from tests.small import shrink_setr, train_options
from vpt_mm.cli import test, train
from vpt_mm.datasets.digits.scenes import main as write_scenes
from vpt_mm.errors import UsageError
from vpt_mm.models.tuned import count_tuned

CONFIG = Path(__file__).parents[2] / 'configs' / 'setr_vpt_ade20k.py'


@pytest.mark.parametrize('tuning, added, backbone', [
    (dict(type='DeepPrompt', length=10), 245_760, 0), (dict(type='LinearProbe'), 0, 0),
    (dict(type='BiasTuning'), 0, 271_360)])
def test_tuned_parameters_at_full_size(tuning, added, backbone):
    """13,389,400 for VPT-deep and 13,143,640 for HeadOnly; Bias counts the patch embedding's bias as well."""
    config = Config.fromfile(CONFIG)
    config.model.backbone.tuning = tuning
    with torch.device('meta'):
        counts = count_tuned(MODELS.build(config.model))
    assert (counts.added, counts.backbone, counts.head) == (added, backbone, 13_143_640)
    assert counts.tuned == 13_143_640 + added + backbone


@pytest.fixture
def small(tmp_path):
    """The config with a tiny backbone, tiny crops and a few steps, as a file; all else is as it stands."""
    write_scenes([str(tmp_path / 'ade'), '--images', '4', '--val-images', '2', '--size', '64'])
    config = shrink_setr(Config.fromfile(CONFIG), tmp_path / 'ade')
    config.dump(tmp_path / 'small.py')
    return tmp_path


def test_it_trains_validates_saves_resumes_and_tests(small):
    train.run(train_options(small))
    first = torch.load(small / 'run/iter_2.pth', weights_only=True)
    three = {'train_cfg.max_iters': 3, 'train_cfg.val_interval': 3}
    train.run(train_options(small, resume='auto', cfg_options=three))
    saved = torch.load(small / 'run/iter_3.pth', weights_only=True)
    assert not torch.equal(first['state_dict']['backbone.tuning.tokens'], saved['state_dict']['backbone.tuning.tokens'])
    assert torch.equal(first['state_dict']['backbone.pos_embed'], saved['state_dict']['backbone.pos_embed'])
    best = max(saved['message_hub']['log_scalars']['val/mIoU']._log_history)

    metrics = test.run(train_options(small, checkpoint=str(small / 'run/iter_3.pth'), out=str(small / 'masks')))
    assert metrics['mIoU'] == pytest.approx(best)
    masks = sorted((small / 'masks').iterdir())
    assert len(masks) == 2 and np.asarray(Image.open(masks[0])).shape == (64, 64)
    assert 'mIoU' in test.run(train_options(small, checkpoint=str(small / 'run/iter_3.pth'), tta=True))


def test_a_mask_value_outside_the_classes_is_named(small):
    mask = next((small / 'ade/annotations/training').iterdir())
    Image.fromarray(np.full((64, 64), 200, dtype=np.uint8)).save(mask)
    with pytest.raises(UsageError, match=rf'the numbers 1..150 of the 150 classes, .*{mask.name} holds 200'):
        train.run(train_options(small, cfg_options={'train_cfg.max_iters': 8}))


def test_resuming_in_an_empty_work_dir_starts_afresh(small):
    train.run(train_options(small, resume='auto', no_validate=True))
    assert (small / 'run/iter_2.pth').is_file()


def test_show_dir_draws_the_predictions(small):
    train.run(train_options(small, no_validate=True))
    test.run(train_options(small, checkpoint=str(small / 'run/iter_2.pth'), show_dir=str(small / 'drawn')))
    assert len(list((small / 'drawn').rglob('*.png'))) == 2


def test_options_that_need_more_of_the_config(small):
    config = Config.fromfile(small / 'small.py')
    config.pop('tta_model')
    config.optim_wrapper.type = 'OtherWrapper'
    config.dump(small / 'small.py')
    with pytest.raises(UsageError, match='--tta needs tta_model'):
        test.run(train_options(small, checkpoint='x.pth', tta=True))
    with pytest.raises(UsageError, match='--amp knows .* got OtherWrapper'):
        train.run(train_options(small, amp=True))
