"""Small real runs: a classifier with a prompted ViT, trained by mmengine's runner on random images."""
import copy

import torch
from mmengine.config import Config
from mmengine.registry import DATASETS, MODELS
from mmengine.runner import Runner
from mmpretrain.structures import DataSample
from torch.utils.data import Dataset

from tests.conftest import TINY
from vpt_mm.engine.isolation import forget_runs

BACKBONE = dict(type='PromptedViT', arch=TINY, img_size=32, patch_size=8)


@DATASETS.register_module()
class RandomImages(Dataset):
    """32x32 noise with one of 3 labels, the same whenever it is built."""

    metainfo = dict(classes=('a', 'b', 'c'))

    def __init__(self, count=8, labels=3):
        generator = torch.Generator().manual_seed(7)
        self.images = torch.randint(0, 256, (count, 3, 32, 32), dtype=torch.uint8, generator=generator)
        self.labels = torch.randint(0, labels, (count,), generator=generator)

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        sample = DataSample(metainfo=dict(img_path=f'noise_{index}.png')).set_gt_label(self.labels[index])
        return dict(inputs=self.images[index], data_samples=sample)


def save_weights(path, **backbone):
    """Write the plain backbone's weights as a pretrained file; returns the path as a string."""
    model = MODELS.build({**BACKBONE, **backbone})
    for parameter in model.parameters():
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    torch.save({'state_dict': model.state_dict()}, path)
    return str(path)


class TerseConfig(Config):
    """A config that writes itself without formatting, which takes longer than a short run."""

    @property
    def pretty_text(self):
        return '\n'.join(f'{name} = {value!r}' for name, value in self.to_dict().items())


def run_config(work_dir, *, weights=None, tuning=None, iters=6, labels=3, hooks=(), **changes):
    """A config as a user would write it; ``changes`` replace whole entries."""
    loader = dict(batch_size=4, num_workers=0, collate_fn=dict(type='default_collate'),
                  dataset=dict(type='RandomImages', labels=labels))
    config = dict(
        default_scope='mmpretrain',
        custom_imports=dict(imports=['vpt_mm'], allow_failed_imports=False),
        model=dict(
            type='ImageClassifier',
            data_preprocessor=dict(num_classes=3, mean=[127.] * 3, std=[60.] * 3),
            backbone=dict(**BACKBONE, tuning=tuning or dict(type='DeepPrompt', length=2, dropout=0.1),
                          init_cfg=weights and dict(type='Pretrained', checkpoint=weights)),
            head=dict(type='LinearClsHead', num_classes=3, in_channels=32)),
        train_dataloader=dict(**loader, sampler=dict(type='InfiniteSampler', shuffle=True)),
        val_dataloader=dict(**loader, sampler=dict(type='DefaultSampler', shuffle=False)),
        test_dataloader=dict(**loader, sampler=dict(type='DefaultSampler', shuffle=False)),
        train_cfg=dict(type='IterBasedTrainLoop', max_iters=iters, val_interval=2),
        val_cfg=dict(), test_cfg=dict(),
        val_evaluator=dict(type='Accuracy'), test_evaluator=dict(type='Accuracy'),
        optim_wrapper=dict(type='PromptOptimWrapper', constructor='PromptOptimWrapperConstructor',
                           optimizer=dict(type='SGD', lr=0.5, momentum=0.9)),
        param_scheduler=dict(type='CosineAnnealingLR', by_epoch=False, T_max=iters),
        default_hooks=dict(checkpoint=dict(type='PromptCheckpointHook', by_epoch=False, interval=2)),
        custom_hooks=[dict(type='FreezeBackboneHook', interval=1), dict(type='CheckLabelsHook'), *hooks],
        log_processor=dict(by_epoch=False), randomness=dict(seed=3), log_level='ERROR', work_dir=str(work_dir))
    return TerseConfig({**config, **changes})


def changed(config, **entries):
    """A copy of the config with other entries, ``__`` for a dot."""
    config = copy.deepcopy(config)
    config.merge_from_dict({key.replace('__', '.'): value for key, value in entries.items()})
    return config


def build_runner(config):
    """A runner of its own."""
    forget_runs()
    return Runner.from_cfg(config.copy())


def learned_state(model):
    """{name: tensor} of everything but the frozen backbone."""
    return {key: tensor.clone() for key, tensor in model.state_dict().items()
            if not key.startswith('backbone.') or key.startswith('backbone.tuning.')}
