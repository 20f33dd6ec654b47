"""Shipped configs at a size that a test can train: tiny backbones, few and small images, two steps."""
from argparse import Namespace

from tests.conftest import TINY
from vpt_mm.engine.isolation import forget_runs

SMALLER = dict(Mona=dict(kernels=[1]), DualPrompt=dict(expert_blocks=[3, 4]), CodaPrompt=dict(blocks=[1, 2, 3, 4]))


def shrink_setr(config, data_root):
    """A SETR config with a tiny backbone, on small scenes."""
    config.model.backbone.update(arch=TINY, img_size=32, out_indices=[0, 1, 2, 3], init_cfg=None)
    for head in (config.model.decode_head, *config.model.auxiliary_head):
        head.update(in_channels=32, channels=8)
    return shrink_ade20k(config, data_root)


def shrink_upernet(config, data_root):
    """A config of UPerNet on a Swin with a tiny backbone, on small scenes."""
    widths = [16, 32, 64, 128]
    config.model.backbone.update(arch=dict(embed_dims=16, depths=[1, 1, 2, 1], num_heads=[1, 2, 4, 8]), init_cfg=None)
    config.model.decode_head.update(in_channels=widths, channels=16)
    config.model.auxiliary_head.update(in_channels=widths[2], channels=16)
    return shrink_ade20k(config, data_root)


def shrink_ade20k(config, data_root):
    """An ADE20K config with tiny crops and a few steps on scenes of 64x64; all else is as it stands."""
    config.model.data_preprocessor.size = (32, 32)
    config.model.test_cfg.update(crop_size=(32, 32), stride=(21, 21))
    config.train_dataloader.dataset.pipeline[2].scale = (256, 64)
    config.train_dataloader.dataset.pipeline[3].crop_size = (32, 32)
    config.tta_pipeline[1].transforms[0] = [dict(type='Resize', scale_factor=ratio, keep_ratio=True)
                                            for ratio in (.5, 1.)]
    for phase in ('train', 'val', 'test'):
        loader = config[f'{phase}_dataloader']
        loader.update(num_workers=0, persistent_workers=False)
        loader.dataset.data_root = str(data_root)
        if phase != 'train':
            loader.dataset.pipeline[1].scale = (256, 64)
    config.train_cfg.update(max_iters=2, val_interval=2)
    config.default_hooks.checkpoint.interval = 1
    config.custom_hooks[0].allow_random_backbone = True
    config.log_level = 'ERROR'
    return config


def shrink_classifier(config, weights):
    """A ViT-B classifier on digits: a tiny backbone with weights from a file, two batches of four images."""
    config.model.backbone.update(arch=TINY, img_size=32, patch_size=8)
    config.model.backbone.init_cfg.checkpoint = weights
    config.model.head.in_channels = 32
    if 'mid_channels' in config.model.head:
        config.model.head.mid_channels = [32, 32]
    for phase, images in (('train', 8), ('val', 4), ('test', 4)):
        loader = config[f'{phase}_dataloader']
        loader.update(batch_size=4, num_workers=0, persistent_workers=False)
        loader.dataset.update(images=images, size=32)
    config.train_cfg.update(max_epochs=1, val_interval=1)
    config.param_scheduler = None
    config.default_hooks.checkpoint.interval = 1
    config.log_level = 'ERROR'
    return config


def narrow(tuning):
    """The tuning config for four blocks of width 32, whose adapters of a 64th would have no width."""
    for method in tuning if isinstance(tuning, list) else [tuning]:
        if 'reduction' in method:
            method['reduction'] = 8
        method.update(SMALLER.get(method['type'], {}))


def train_options(folder, **kwargs):
    """What tools/train.py and tools/test.py parse, for ``folder/small.py``."""
    forget_runs()
    return Namespace(**{**dict(config=str(folder / 'small.py'), work_dir=str(folder / 'run'), cfg_options=None,
                               launcher='none', local_rank=0, resume=None, amp=False, no_validate=False,
                               cache_queries=False, no_picture=True, tta=False, out=None, show_dir=None), **kwargs})
