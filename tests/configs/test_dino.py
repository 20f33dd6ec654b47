"""DINOv2 and DINOv3 under mmseg's heads: what is tuned at full size, and two training steps at a small one."""
import importlib.util
from pathlib import Path

import pytest
import timm
import torch
from mmengine.config import Config
from safetensors.torch import save_file

from tests.small import shrink_ade20k, train_options
from vpt_mm.cli import test, train
from vpt_mm.datasets.digits.scenes import main as write_scenes
from vpt_mm.errors import UsageError
from vpt_mm.models.build import build_model
from vpt_mm.models.tuned import count_tuned
from vpt_mm.models.weightless import build_weightless
from vpt_mm.tasks import load_task, publish_task

FOLDER = Path(__file__).parents[2] / 'configs' / 'dino'
CONFIGS = sorted(file.stem for file in FOLDER.glob('*.py'))
HEADS = dict(linear=115_350, setr=10_782_296, upernet=41_223_212, mask2former=27_418_455)
TINY = dict(embed_dim=32, depth=12, num_heads=2)


@pytest.mark.parametrize('name', CONFIGS)
def test_every_config_builds(name):
    if 'mask2former' in name and importlib.util.find_spec('mmdet') is None:
        pytest.skip('mmdet is not installed (the extra `det`)')
    config = Config.fromfile(FOLDER / f'{name}.py')
    side = config.model.backbone.img_size
    assert config.crop_size == (side, side) == config.model.test_cfg.crop_size == config.model.data_preprocessor.size
    model = build_weightless(config.model, scope='mmseg')
    counts = count_tuned(model)
    assert (counts.added, counts.backbone, counts.head) == (92_160, 0, HEADS[name.split('_')[1]])
    assert model.backbone.frozen_weights['blocks.0.attn.qkv.weight'].shape == (2304, 768)


@pytest.fixture
def small(tmp_path):
    """UPerNet on DINOv2 with a tiny backbone whose weights are in a file, and crops of 3 x 3 patches."""
    write_scenes([str(tmp_path / 'ade'), '--images', '4', '--val-images', '2', '--size', '64'])
    config = shrink_ade20k(Config.fromfile(FOLDER / 'dinov2-b_upernet_vpt-deep-10_ade20k.py'), tmp_path / 'ade')
    config.train_dataloader.dataset.pipeline[3].crop_size = config.model.data_preprocessor.size = (42, 42)
    config.model.test_cfg.update(crop_size=(42, 42), stride=(28, 28))
    backbone = config.model.backbone
    source = timm.create_model(backbone.model, num_classes=0, img_size=70, **TINY)
    save_file(source.state_dict(), tmp_path / 'base.safetensors')
    backbone.update(img_size=42, **TINY)
    backbone.init_cfg.checkpoint = str(tmp_path / 'base.safetensors')
    config.custom_hooks[0].allow_random_backbone = False
    config.merge_from_dict(dict(model=dict(
        neck=dict(embed_dim=32), decode_head=dict(in_channels=[32] * 4, channels=16),
        auxiliary_head=dict(in_channels=32, channels=16))))
    config.dump(tmp_path / 'small.py')
    return tmp_path


def test_it_trains_tests_and_becomes_a_task(small):
    train.run(train_options(small))
    checkpoint = small / 'run/iter_2.pth'
    state = torch.load(checkpoint, weights_only=True)['state_dict']
    assert [key for key in state if key.startswith('backbone.')] == ['backbone.tuning.tokens']
    metrics = test.run(train_options(small, checkpoint=str(checkpoint)))
    assert 0 <= metrics['mIoU'] <= 100
    task = publish_task(checkpoint, small / 'task.safetensors', served=False)
    assert task['base'] == {'backbone.': str(small / 'base.safetensors')}
    model = build_model(Config.fromfile(small / 'small.py'))
    model.init_weights()
    load_task(model, small / 'task.safetensors')
    own = model.state_dict()
    assert all(torch.equal(own[key], tensor) for key, tensor in state.items())
    torch.nn.init.zeros_(model.backbone.blocks[0].attn.qkv.weight)
    with pytest.raises(UsageError, match='frozen'):
        load_task(model, small / 'task.safetensors')
