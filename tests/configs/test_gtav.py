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
from vpt_mm.cli import train
from vpt_mm.errors import UsageError
from vpt_mm.models.build import build_model
from vpt_mm.models.tuned import count_tuned
from vpt_mm.models.weightless import build_weightless
from vpt_mm.tasks import load_task, publish_task

FOLDER = Path(__file__).parents[2] / 'configs' / 'gtav'
NEEDS_MMDET = pytest.mark.skipif(importlib.util.find_spec('mmdet') is None, reason='mmdet is not installed (extra det)')
HEADS = ['linear', pytest.param('mask2former', marks=NEEDS_MMDET)]
TINY = dict(embed_dim=32, depth=4, num_heads=2)


def read(head):
    return Config.fromfile(FOLDER / f'dinov2-l_{head}_rein_gtav.py')


def tuned(model):
    return count_tuned(build_weightless(model, scope='mmseg'))


def test_what_is_tuned_under_a_linear_head():
    counts = tuned(read('linear').model)
    assert (counts.added, counts.backbone, counts.head) == (2_530_817, 0, 19 * 1025)


@NEEDS_MMDET
def test_what_is_tuned_under_mask2former():
    model = read('mask2former').model
    linked = tuned(model)
    model.update(type=model.pop('of'))
    model.backbone.tuning.pop('link')
    alone = tuned(model)
    assert (linked.added, linked.backbone) == (2_990_081, 0) and alone.added == 2_530_817
    assert alone.head - linked.head == 100 * 256  # queries that the head learns by itself


@pytest.mark.parametrize('head', HEADS)
def test_the_recipe_is_the_papers(head):
    config = read(head)
    assert config.train_cfg.max_iters == config.param_scheduler[0].end == 40_000
    assert config.optim_wrapper.optimizer == dict(type='AdamW', lr=1e-4, weight_decay=0.05)


def shrink(config, folder):
    """A tiny backbone whose weights, of patches of 14, are in a file; small streets; crops of 3 x 3 patches."""
    backbone, head, size = config.model.backbone, config.model.decode_head, (48, 48)
    source = timm.create_model(backbone.model, num_classes=0, img_size=70, **TINY)
    save_file(source.state_dict(), folder / 'base.safetensors')
    backbone.update(img_size=48, **TINY)
    backbone.init_cfg.checkpoint = str(folder / 'base.safetensors')
    backbone.tuning.update(length=8, rank=2)
    config.model.data_preprocessor.size = size
    config.model.test_cfg.update(crop_size=size, stride=(48, 48))
    if 'num_queries' in head:
        backbone.out_indices = [0, 1, 2, 3]
        config.model.neck.update(embed_dim=32)
        head.update(in_channels=[32] * 4, num_queries=8)
        for layers in (head.pixel_decoder.encoder, head.transformer_decoder):
            layers.num_layers = 1
            layers.layer_cfg.ffn_cfg.feedforward_channels = 32
        head.train_cfg.num_points = 64
    else:
        head.update(in_channels=32, channels=32)
    train_steps = config.train_dataloader.dataset.pipeline
    train_steps[2].scale, train_steps[3].crop_size = (128, 64), size
    roots = dict(train=write_gtav(folder / 'gta'), val=write_cityscapes(folder / 'cityscapes', count=1))
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


@pytest.fixture
def trained(tmp_path, request):
    """Folder and checkpoint of two steps, and what is in it."""
    shrink(read(request.param), tmp_path)
    train.run(train_options(tmp_path, no_validate=True))
    checkpoint = tmp_path / 'run/iter_2.pth'
    return tmp_path, checkpoint, torch.load(checkpoint, weights_only=True)['state_dict']


@pytest.mark.parametrize('trained', ['linear'], indirect=True)
def test_under_a_linear_head_it_trains_and_is_served(trained):
    folder, checkpoint, state = trained
    own = {key for key in state if key.startswith('backbone.')}
    assert own and all(key.startswith(('backbone.tuning.stages.', 'backbone.tuning.scale')) for key in own)
    task, base = str(folder / 'task.safetensors'), str(folder / 'base.safetensors')
    publish_task(checkpoint, task)
    image = mmcv.imread(str(next((folder / 'cityscapes').rglob('*_leftImg8bit.png'))))
    shared = TaskInferencer(task, checkpoint=base, device='cpu', tasks=dict(streets=task))
    sample, = shared([image], 'streets', return_datasamples=True)
    assert sample.pred_sem_seg.shape == image.shape[:2]


@NEEDS_MMDET
@pytest.mark.parametrize('trained', ['mask2former'], indirect=True)
def test_under_mask2former_it_trains_resumes_validates_and_is_published_for_its_own_config(trained):
    folder, checkpoint, state = trained
    assert 'backbone.tuning.join.weight' in state and not any('query_feat' in key for key in state)
    train.run(train_options(folder, resume=str(folder / 'run/iter_1.pth')))
    assert list((folder / 'run').glob('best_mIoU_*.pth'))  # windows were put together, and held against masks
    again = torch.load(checkpoint, weights_only=True)['state_dict']
    assert all(torch.equal(again[key], tensor) for key, tensor in state.items())
    with pytest.raises(UsageError, match="model.type in a task file is one of .*, got 'LinkedModel'"):
        publish_task(checkpoint, folder / 'task.safetensors')
    publish_task(checkpoint, folder / 'task.safetensors', served=False)
    model = build_model(Config.fromfile(folder / 'small.py'))
    model.init_weights()
    load_task(model, folder / 'task.safetensors')
    own = model.state_dict()
    assert all(torch.equal(own[key], tensor) for key, tensor in state.items())
