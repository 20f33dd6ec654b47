"""From GTA5 to Cityscapes with Rein: what is tuned at full size, and two training steps at a small one."""
import importlib.util
from pathlib import Path

import mmcv
import pytest
import timm
import torch
from mmengine.config import Config
from safetensors.torch import save_file

from tests.small import train_options
from tests.streets import write_cityscapes, write_gtav
from vpt_mm.apis import TaskInferencer
from vpt_mm.cli import test, train
from vpt_mm.errors import UsageError
from vpt_mm.models.tuned import count_tuned
from vpt_mm.models.weightless import build_weightless
from vpt_mm.tasks import publish_task

FOLDER = Path(__file__).parents[2] / 'configs' / 'gtav'
TUNED = dict(linear=(2_530_817, 19_475), mask2former=(2_990_081, 31_573_460))
NEEDS_MMDET = pytest.mark.skipif(importlib.util.find_spec('mmdet') is None, reason='mmdet is not installed (extra det)')
HEADS = ['linear', pytest.param('mask2former', marks=NEEDS_MMDET)]
TINY = dict(embed_dim=32, depth=4, num_heads=2)


def read(head):
    return Config.fromfile(FOLDER / f'dinov2-l_{head}_rein_gtav.py')


@pytest.mark.parametrize('head', HEADS)
def test_what_is_tuned(head):
    config = read(head)
    counts = count_tuned(build_weightless(config.model, scope='mmseg'))
    assert (counts.added, counts.backbone, counts.head) == (TUNED[head][0], 0, TUNED[head][1])
    assert config.train_cfg.max_iters == config.param_scheduler[0].end == 40_000


def shrink(config, folder):
    """A tiny backbone whose weights, of patches of 14, are in a file; small streets; crops of 3 x 3 patches."""
    backbone, head, size = config.model.backbone, config.model.decode_head, (48, 48)
    source = timm.create_model(backbone.model, num_classes=0, img_size=70, **TINY)
    save_file(source.state_dict(), folder / 'base.safetensors')
    backbone.update(img_size=48, **TINY)
    backbone.init_cfg.checkpoint = str(folder / 'base.safetensors')
    backbone.tuning.update(length=8, rank=2)
    config.model.data_preprocessor.size = size
    config.model.test_cfg.update(crop_size=size, stride=(32, 32))
    if 'num_queries' in head:
        backbone.out_indices = [0, 1, 2, 3]
        config.model.neck.update(embed_dim=32)
        head.update(in_channels=[32] * 4, num_queries=8)
        head.pixel_decoder.encoder.num_layers = 1
        head.transformer_decoder.num_layers = 2
        head.train_cfg.num_points = 64
    else:
        head.update(in_channels=32, channels=32)
    train_steps = config.train_dataloader.dataset.pipeline
    train_steps[2].scale, train_steps[3].crop_size = (128, 64), size
    roots = dict(train=write_gtav(folder / 'gta'), val=write_cityscapes(folder / 'cityscapes'))
    for phase in ('train', 'val', 'test'):
        loader = config[f'{phase}_dataloader']
        loader.update(num_workers=0, persistent_workers=False)
        loader.dataset.data_root = str(roots.get(phase, roots['val']))
        if phase != 'train':
            loader.dataset.pipeline[1].scale = (96, 48)
    config.train_dataloader.batch_size = 2
    config.train_cfg.update(max_iters=2, val_interval=2)
    config.default_hooks.checkpoint.interval = 1
    config.log_level = 'ERROR'
    config.dump(folder / 'small.py')


@pytest.mark.parametrize('head', HEADS)
def test_it_trains_resumes_tests_and_is_published_if_it_can_be_served(head, tmp_path):
    shrink(read(head), tmp_path)
    train.run(train_options(tmp_path))
    checkpoint = tmp_path / 'run/iter_2.pth'
    state = torch.load(checkpoint, weights_only=True)['state_dict']
    linked = head == 'mask2former'
    assert {key.split('.')[2] for key in state if key.startswith('backbone.')} == {
        'scale', 'stages', *(['join'] if linked else [])}
    assert not any('query_feat' in key for key in state)
    metrics = test.run(train_options(tmp_path, checkpoint=str(checkpoint)))
    assert 0 <= metrics['mIoU'] <= 100
    train.run(train_options(tmp_path, resume=str(tmp_path / 'run/iter_1.pth')))
    again = torch.load(checkpoint, weights_only=True)['state_dict']
    assert all(torch.equal(again[key], tensor) for key, tensor in state.items())
    if linked:
        with pytest.raises(UsageError, match="model.type in a task file is one of .*, got 'LinkedModel'"):
            publish_task(checkpoint, tmp_path / 'task.safetensors')
        return
    publish_task(checkpoint, tmp_path / 'task.safetensors')
    shared = TaskInferencer(str(tmp_path / 'task.safetensors'), checkpoint=str(tmp_path / 'base.safetensors'),
                            device='cpu', tasks=dict(streets=str(tmp_path / 'task.safetensors')))
    image = mmcv.imread(str(next((tmp_path / 'cityscapes').rglob('*_leftImg8bit.png'))))
    assert shared([image], 'streets')
