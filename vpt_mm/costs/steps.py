"""What a whole training step of a config costs: model, heads and optimizer, on images that are made up."""
import statistics
from dataclasses import dataclass
from pathlib import Path

import torch
from mmengine.optim import build_optim_wrapper
from mmengine.registry import DefaultScope
from mmengine.structures import PixelData
from rich.progress import track
from rich.table import Table

from ..config_file import MODEL, read_config_file
from ..models.build import build_model
from ..models.frozen import prompted_backbones
from ..models.openmmlab import head_of, is_segmentor
from ..models.tuned import count_tuned
from .compare import allocated, timed


@dataclass(frozen=True)
class StepCost:
    """One config's training step.

    Attributes:
        name: of the config file.
        tuned: parameters.
        seconds: of each repeat.
        peak: bytes at once, weights and optimizer included.
    """

    name: str
    tuned: int
    seconds: tuple[float, ...]
    peak: int


def measure_steps(paths, *, batch, size, device, amp=False, repeats=9, options=None):
    """Costs of the configs, one after the other on random weights.

    Args:
        paths: config files of classifiers or segmentors.
        batch: images at once.
        size: image side in pixels.
        device: to measure on.
        amp: mixed precision, on a GPU.
        repeats: steps that are timed, after three that are not.
        options: entries of the configs to override, as ``--cfg-options`` does.

    Raises:
        UsageError: no config there, or ``amp`` without a GPU.
    """
    configs = [read_config_file(path, needs=[*MODEL, 'optim_wrapper.optimizer.type']) for path in paths]
    return [_measure(config, batch, size, device, amp, repeats, options)
            for config in track(configs, description='configs')]


def _measure(config, batch, size, device, amp, repeats, options):
    config.merge_from_dict(options or {})
    if amp:
        config.optim_wrapper.update(type='AmpPromptOptimWrapper', loss_scale='dynamic')
    with DefaultScope.overwrite_default_scope(config.get('default_scope', 'mmengine')):
        model = build_model(config, training=True).to(device)
        for backbone in prompted_backbones(model).values():
            backbone.may_be_random = True
        wrapper = build_optim_wrapper(model, config.optim_wrapper)
        data = made_up_batch(model, batch, size)

        def step(_):
            model.train_step(data, wrapper)

        place = torch.empty(0, device=device)
        for _ in range(3):
            step(place)
        seconds = tuple(timed(step, place) for _ in range(repeats))
        held = sum(tensor.nbytes for tensor in (*model.parameters(), *model.buffers()))
        held += sum(tensor.nbytes for state in wrapper.optimizer.state.values() for tensor in state.values()
                    if isinstance(tensor, torch.Tensor))
        return StepCost(Path(config.filename).stem, count_tuned(model).tuned, seconds, held + allocated(step, place)[0])


def made_up_batch(model, batch, size):
    """What a data loader gives a classifier or segmentor: random images with random labels."""
    images = [torch.randint(256, (3, size, size), dtype=torch.uint8) for _ in range(batch)]
    classes = head_of(model).num_classes
    if is_segmentor(model):
        from mmseg.structures import SegDataSample
        masks = torch.randint(classes, (batch, 1, size, size))
        return dict(inputs=images, data_samples=[
            SegDataSample(gt_sem_seg=PixelData(data=mask), metainfo=dict(img_shape=(size, size))) for mask in masks])
    from mmpretrain.structures import DataSample
    labels = torch.randint(classes, (batch,))
    return dict(inputs=torch.stack(images), data_samples=[DataSample().set_gt_label(label) for label in labels])


def step_table(costs, *, batch, title):
    """A row for each config; times and memory also as ratios to the first."""
    table = Table(title=title)
    for column in ('config', 'tuned parameters', 'step', 'images/s', 'peak memory'):
        table.add_column(column, justify='left' if column == 'config' else 'right')
    first = costs[0]
    for cost in costs:
        seconds, base = statistics.median(cost.seconds), statistics.median(first.seconds)
        low, _, high = statistics.quantiles(cost.seconds, n=4) if len(cost.seconds) > 1 else cost.seconds * 3
        table.add_row(cost.name, f'{cost.tuned:,}',
                      f'{1e3 * seconds:,.0f} ms ({1e3 * low:,.0f}-{1e3 * high:,.0f}), {seconds / base:.2f}x',
                      f'{batch / seconds:,.1f}', f'{cost.peak / 1e9:,.2f} GB, {cost.peak / first.peak:.2f}x')
    return table
