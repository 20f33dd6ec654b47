"""Training on two CPU processes, to be compared with training on one: python -m tests.distributed FOLDER."""
import os
import sys
from pathlib import Path

import torch
from mmengine.model import MMDistributedDataParallel
from mmengine.optim import build_optim_wrapper
from mmengine.registry import MODELS, DefaultScope

import vpt_mm  # noqa: F401  (mends the environment and registers everything)
from tests.protocols import ALONE, BACKBONES, HOSTS, PAIRS, PROTOCOLS, build
from tests.runs import RandomImages, build_runner, run_config
from tests.streams import stream_config

TRAINED = ALONE + [pair for pair in PAIRS if pair not in ALONE and pair[0] == 'vit']  # compositions on one backbone
PER_IMAGE = dict(norm_cfg=dict(type='GN', num_groups=2))  # statistics of half a batch are not those of the whole


def build_classifier(backbone, protocol):
    """A classifier, the same whenever it is built."""
    torch.manual_seed(0)
    changes = PER_IMAGE if backbone in ('resnet', 'dilated') and protocol == 'FullTuning' else {}
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        model = MODELS.build(dict(
            type='ImageClassifier', data_preprocessor=dict(num_classes=3, mean=[127.] * 3, std=[60.] * 3),
            backbone=dict(BACKBONES[backbone], tuning=PROTOCOLS[backbone][protocol], **changes),
            neck=dict(type='GlobalAveragePooling') if backbone not in ('vit', 'convnext') else None,
            head=dict(type='LinearClsHead', num_classes=3, in_channels=HOSTS[backbone].block_widths[-1])))
    return model.double()


def train(model, *, rank=0, world=1, steps=3):
    """A few steps on batches of four images, of which each process takes its part; returns what trained."""
    if world > 1:
        model = MMDistributedDataParallel(model, device_ids=None)
    wrapper = build_optim_wrapper(model, dict(
        type='PromptOptimWrapper', constructor='PromptOptimWrapperConstructor',
        optimizer=dict(type='SGD', lr=0.1, momentum=0.9)))
    images = RandomImages(4 * steps)
    model.train()
    for step in range(steps):
        batch = [images[index] for index in range(4 * step + rank, 4 * step + 4, world)]
        model.train_step(dict(inputs=[one['inputs'].double() for one in batch],
                              data_samples=[one['data_samples'] for one in batch]), wrapper)
    return learned(model)


def learned(model):
    return {name.removeprefix('module.'): parameter.detach() for name, parameter in model.named_parameters()
            if parameter.requires_grad}


def count_choices(*, rank=0, world=1):
    """How often each prompt of a pool is chosen by the images of a batch, of which each process has its part."""
    torch.manual_seed(0)
    model = build('vit', dict(type='PromptPool', size=5, selected=2, length=2, diversified=True)).train()
    images = torch.randn(6, 3, 32, 32, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    model(images[rank::world])
    return model.tuning.picks


def run(folder, *, batch, launcher='none'):
    """A whole run of mmengine's runner, hooks and checkpoint included; returns what trained."""
    config = run_config(folder, weights=str(Path(folder, 'base.pth')), tuning=PROTOCOLS['vit']['DeepPrompt+BiasTuning'],
                        val_cfg=None, val_dataloader=None, val_evaluator=None)
    config.train_dataloader.update(batch_size=batch, sampler=dict(type='InfiniteSampler', shuffle=False))
    config.optim_wrapper.accumulative_counts = 4  # a checkpoint, after two steps, lies between two of the optimizer
    config.model_wrapper_cfg = dict(type='MMDistributedDataParallel', device_ids=None)
    config.launcher = launcher  # the process group is there already, as on CPUs it must
    return learned(build_runner(config).train())


def run_stream(folder, *, batch, launcher='none'):
    """A run over three tasks; returns the accuracies, and what trained."""
    config = stream_config(Path(folder, 'stream'), weights=str(Path(folder, 'base.pth')), epochs=3, tuning=dict(
        type='CodaPrompt', tasks=3, components=6, length=4, blocks=[1, 3], orthogonality=0.01))
    config.optim_wrapper.optimizer = dict(type='SGD', lr=0.5, momentum=0.9)  # Adam divides by what rounds
    for phase in ('train', 'val'):
        config[f'{phase}_dataloader'].update(batch_size=batch, dataset=dict(type='SixClasses', per_class=4, extra=0))
    config.model_wrapper_cfg = dict(type='MMDistributedDataParallel', device_ids=None)
    config.launcher = launcher
    runner = build_runner(config)
    state = learned(runner.train())
    return runner.message_hub.get_info('accuracies'), state


def main(folder):
    """One of two processes: trains every protocol, and writes what trained."""
    rank = int(os.environ['RANK'])
    torch.distributed.init_process_group('gloo')
    results = {pair: train(build_classifier(*pair), rank=rank, world=2) for pair in TRAINED}
    results['choices'] = count_choices(rank=rank, world=2)
    results['run'] = run(folder, batch=2, launcher='pytorch')
    results['stream'] = run_stream(folder, batch=2, launcher='pytorch')
    torch.save(results, Path(folder, f'rank_{rank}.pth'))
    torch.distributed.destroy_process_group()


if __name__ == '__main__':
    main(sys.argv[1])
