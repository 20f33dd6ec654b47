"""UPerNet on PromptedSwin and PromptedConvNeXt, composed of mmseg's own bases, on digit scenes."""
from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from tests.small import shrink_ade20k, train_options
from vpt_mm.cli import test, train
from vpt_mm.datasets.digits.scenes import main as write_scenes

CONFIGS = Path(__file__).parents[2] / 'configs'
WIDTHS = [16, 32, 64, 128]
TINY = {
    'upernet_vpt_swin-b_ade20k': dict(arch=dict(embed_dims=16, depths=[1, 1, 2, 1], num_heads=[1, 2, 4, 8])),
    'upernet_pixelpad_convnext-b_ade20k': dict(arch=dict(channels=WIDTHS, depths=[1, 1, 2, 1])),
}


@pytest.mark.parametrize('name', TINY)
def test_it_trains_and_tests(tmp_path, name):
    write_scenes([str(tmp_path / 'ade'), '--images', '4', '--val-images', '2', '--size', '64'])
    config = shrink_ade20k(Config.fromfile(CONFIGS / f'{name}.py'), tmp_path / 'ade')
    config.model.backbone.update(init_cfg=None, **TINY[name])
    config.model.decode_head.update(in_channels=WIDTHS, channels=16)
    config.model.auxiliary_head.update(in_channels=64, channels=16)
    config.dump(tmp_path / 'small.py')
    train.run(train_options(tmp_path))
    saved = torch.load(tmp_path / 'run/iter_2.pth', weights_only=True)
    assert any(key.startswith('backbone.tuning.') for key in saved['state_dict'])
    metrics = test.run(train_options(tmp_path, checkpoint=str(tmp_path / 'run/iter_2.pth')))
    assert 0 <= metrics['mIoU'] <= 100
