"""What many tasks on one backbone cost: memory, and a mixed batch against a batch of one task and single passes."""
import ctypes
import gc
import os
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from mmengine.config import Config
from mmengine.registry import MODELS
from mmpretrain.models import VisionTransformer
from rich.progress import track
from rich.table import Table

from ..apis import TaskInferencer
from ..errors import UsageError, did_you_mean
from ..tasks import publish_task
from ..weights.fingerprint import fingerprint_of_digests


def measure_tasks(*, arch='base', size=224, tasks=100, batch=16, length=50, classes=100, repeats=5, device='cpu',
                  **options):
    """Write random weights and task files, serve them, and measure.

    Args:
        arch: of the ViT.
        size: image side in pixels.
        tasks: how many.
        batch: images of the batches that are compared, each of another task in the mixed one.
        length: prompt length; half of the tasks of the batch of several lengths have twice as many.
        classes: of each task.
        repeats: turns in which each way runs once.
        device: that it runs on.
        options: of :class:`TaskInferencer`.

    Returns:
        dict: the measured values by name; memory in bytes, times in seconds (on a CPU of its time, which other
            work on the machine hardly changes).

    Raises:
        UsageError: an arch that is not there, or fewer tasks than images of the batch.
    """
    if isinstance(arch, str) and arch not in VisionTransformer.arch_zoo:
        raise UsageError(f"arch must be one of {', '.join(VisionTransformer.arch_zoo)}, got {arch!r}."
                         + did_you_mean(arch, VisionTransformer.arch_zoo))
    if tasks < batch:
        raise UsageError(f'a mixed batch of {batch} images needs as many tasks, got {tasks}.')
    with tempfile.TemporaryDirectory() as folder:
        _load_libraries(Path(folder), device)
        config = _write_base(Path(folder), arch, size, classes)
        start = memory(device)
        inferencer = TaskInferencer(config, device=device, **options)
        backbone = memory(device) - start
        files = [_write_task(Path(folder), config, inferencer, number, length) for number in range(tasks)]
        held = sum(file.stat().st_size for file in files)
        before = memory(device)
        for file in track(files, 'adding tasks'):
            inferencer.add(file)
        grown = memory(device) - before
        names = list(inferencer.tasks)
        longer = [inferencer.add(_write_task(Path(folder), config, inferencer, tasks + number, 2 * length))
                  for number in range(batch // 2)]
        several = [inferencer.tasks[name] for name in names[:batch]]
        ways = {
            'one task': lambda images: run_batch(inferencer, images, several[:1] * batch),
            f'{batch} tasks': lambda images: run_batch(inferencer, images, several),
            f'{batch} tasks of two lengths': lambda images: run_batch(inferencer, images,
                                                                      several[len(longer):] + longer),
            f'{batch} passes': lambda images: [run_batch(inferencer, image[None], [task])[0]
                                               for image, task in zip(images, several)]}
        seconds, difference = _race(ways, torch.randn(batch, 3, size, size, device=device), repeats)
    return dict(backbone=backbone, tasks=held, served=backbone + grown, seconds=seconds, difference=difference)


@torch.no_grad()
def run_batch(inferencer, images, tasks):
    """Logits of preprocessed images, each under its task."""
    logits = []
    for image, task, features in zip(images, tasks, inferencer.shared.run(images, tasks)):
        with task.model.backbone.lent([features]):
            logits.append(task.model(image[None], mode='tensor')[0])
    if images.device.type == 'cuda':
        torch.cuda.synchronize()
    return logits


def memory(device):
    """Bytes that this process holds: on a GPU what torch allocated there, else what is resident."""
    gc.collect()
    if str(device).startswith('cuda'):
        return torch.cuda.memory_allocated()
    ctypes.CDLL(None).malloc_trim(0)  # what was freed goes back to the system
    return int(Path('/proc/self/statm').read_text().split()[1]) * os.sysconf('SC_PAGE_SIZE')


def tasks_table(found, *, title):
    """The measured values as ratios."""
    made = Table('', 'measured', 'ratio', title=title)
    expected = found['backbone'] + found['tasks']
    for name in ('backbone', 'tasks'):
        made.add_row(f'bytes of the {name}', f'{found[name] / 1e6:,.1f} MB', '')
    made.add_row('bytes served / (backbone + tasks)', f'{found["served"] / 1e6:,.1f} MB',
                 f'{found["served"] / expected:.3f}')
    first, *others = found['seconds']
    made.add_row(f'a batch of {first}', f'{statistics.median(found["seconds"][first]):.3f} s', '1')
    for name in others:
        ratios = [slow / fast for slow, fast in zip(found['seconds'][name], found['seconds'][first])]
        made.add_row(f'{name} / {first}', f'{statistics.median(found["seconds"][name]):.3f} s',
                     f'{statistics.median(ratios):.3f} ({min(ratios):.2f}-{max(ratios):.2f})')
    made.add_row('largest difference of a logit, mixed and single', f'{found["difference"]:.1e}', '')
    return made


def _race(ways, images, repeats):
    """Seconds of each way in turn, and how far the logits of the mixed batch and the single passes differ."""
    logits = [run(images) for run in ways.values()]
    _, mixed, _, single = logits
    difference = max(float((ours - theirs).abs().max()) for ours, theirs in zip(mixed, single))
    seconds, clock = {name: [] for name in ways}, time.perf_counter if images.is_cuda else time.process_time
    for _ in track(range(repeats), 'passes'):
        for name, run in ways.items():
            start = clock()
            run(images)
            seconds[name].append(clock() - start)
    return seconds, difference


def _load_libraries(folder, device):
    """Serve a tiny task once: what is imported on the way isn't counted as memory of the tasks."""
    arch = dict(embed_dims=16, num_layers=1, num_heads=1, feedforward_channels=16)
    config = _write_base(folder, arch, 32, 2)
    inferencer = TaskInferencer(config, device=device)
    task = inferencer.add(_write_task(folder, config, inferencer, 0, 1))
    inferencer.predict([np.zeros((32, 32, 3), np.uint8)], [task])


def _write_base(folder, arch, size, classes):
    backbone = dict(type='PromptedViT', arch=arch, img_size=size)
    model = MODELS.build(backbone)
    torch.save({'state_dict': model.state_dict()}, folder / 'base.pth')
    return Config(dict(
        default_scope='mmpretrain', custom_imports=dict(imports=['vpt_mm']),
        model=dict(type='ImageClassifier',
                   backbone=dict(backbone, init_cfg=dict(type='Pretrained', checkpoint=str(folder / 'base.pth'))),
                   head=dict(type='LinearClsHead', num_classes=classes, in_channels=model.embed_dims)),
        data_preprocessor=dict(num_classes=classes, mean=[127.5] * 3, std=[127.5] * 3, to_rgb=True)))


def _write_task(folder, config, inferencer, number, length):
    shared = inferencer.shared
    config = Config(config.to_dict())
    config.model.backbone.tuning = dict(type='DeepPrompt', length=length)
    width, depth, classes = shared.model.embed_dims, shared.model.num_layers, config.model.head.num_classes
    state = {'backbone.tuning.tokens': 0.5 * torch.randn(depth, length, width),
             'head.fc.weight': 0.1 * torch.randn(classes, width), 'head.fc.bias': torch.randn(classes)}
    digests = shared.digests[None]
    meta = dict(cfg=config.pretty_text, dataset_meta=dict(classes=[str(label) for label in range(classes)]),
                vpt_mm=dict(version='', base={'backbone.': config.model.backbone.init_cfg.checkpoint},
                            frozen_weights=fingerprint_of_digests(digests)))
    torch.save(dict(meta=meta, state_dict=state), folder / 'task.pth')
    file = folder / f'task{number}.safetensors'
    publish_task(folder / 'task.pth', file)
    return file
