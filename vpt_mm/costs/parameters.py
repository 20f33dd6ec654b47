"""Protocols side by side: what each tunes, by part, and what many tasks cost to store."""
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from ..config_file import read_config_file
from ..errors import UsageError
from ..models.frozen import prompted_backbones
from ..models.tuned import count_tuned
from ..models.weightless import build_weightless
from ..picture import picture
from ..tuning.composed import methods_of
from .storage import BENCHMARKS, storage_multiple, tuned_over


@dataclass(frozen=True)
class ProtocolCount:
    """What one config tunes.

    Attributes:
        name: of the config file.
        parts: {'prompts': ..., 'biases': ..., 'head': ...}, tuned parameters, each counted once.
        tuned, total: parameters.
        task_bytes: tensors of a task file.
        backbone: parameters of the plain backbone.
        frozen: the share of it that tasks have in common.
        benchmarks: storage of the benchmarks' tasks, in backbones; None where it was not asked for.
    """

    name: str
    parts: dict
    tuned: int
    total: int
    task_bytes: int
    backbone: int
    frozen: float
    benchmarks: float | None

    def multiple(self, tasks):
        """Storage of so many tasks, in backbones."""
        return storage_multiple(tasks * self.tuned, backbone=self.backbone, frozen=self.frozen)


def read_protocol(path, *, benchmarks=()):
    """Count what a config tunes, without its weights.

    Args:
        path: config file.
        benchmarks: names among ``BENCHMARKS`` whose tasks are stored.

    Raises:
        UsageError: no config there, or a backbone without a tuning method.
    """
    config = read_config_file(path, needs=['model.type'])
    model = build_weightless(config.model, scope=config.get('default_scope'))
    if not prompted_backbones(model):
        raise UsageError(f'{path} has no backbone with a tuning method: set tuning=dict(...) on a Prompted backbone.')
    counts = count_tuned(model)
    stored = storage_multiple(tuned_over(config, benchmarks), backbone=counts.plain,
                              frozen=counts.frozen) if benchmarks else None
    return ProtocolCount(name=Path(path).stem, parts=parts_of(model), tuned=counts.tuned, total=counts.total,
                         task_bytes=counts.task_bytes, backbone=counts.plain, frozen=counts.frozen, benchmarks=stored)


def parts_of(model):
    """{part: tuned parameters}, in the order of the methods, the head last."""
    parts = {}
    for backbone in prompted_backbones(model).values():
        own = dict(backbone.named_parameters())
        for method in methods_of(backbone.tuning):
            learned = [*method.parameters(), *(own.pop(name) for name in method.trains(backbone.host) if name in own)]
            count = sum(parameter.numel() for parameter in learned if parameter.requires_grad)
            if count:
                parts[method.part] = parts.get(method.part, 0) + count
    return {**parts, 'head': count_tuned(model).head}


def protocol_table(protocols, *, tasks, benchmarks=()):
    """A list of :class:`ProtocolCount` as a rich table."""
    table = Table(title='Tuned parameters and storage')
    table.add_column('config', overflow='fold')
    table.add_column('tuned by part', overflow='fold')
    for title in ('tuned', 'share', 'task file', f'{tasks} such tasks'):
        table.add_column(title, justify='right')
    if benchmarks:
        count = sum(group.tasks for name in benchmarks for group in BENCHMARKS[name])
        table.add_column(f"{' and '.join(benchmarks)}: {count} tasks", justify='right')
        table.caption = "the benchmarks' classes, and VPT-deep's mean prompt lengths on ViT-B/16, are the paper's"
    for protocol in protocols:
        parts = '\n'.join(f'{part} {count:,}' for part, count in protocol.parts.items())
        stored = [f'{protocol.benchmarks:.2f}x'] if benchmarks else []
        table.add_row(protocol.name, parts, f'{protocol.tuned:,}', f'{protocol.tuned / protocol.total:.2%}',
                      f'{protocol.task_bytes / 1e6:,.2f} MB', f'{protocol.multiple(tasks):.2f}x', *stored)
    return table


def draw_protocols(protocols, out, *, tasks):
    """Write a picture of a list of :class:`ProtocolCount`: tuned parameters, and storage as tasks are added."""
    protocols = sorted(protocols, key=lambda protocol: protocol.tuned)
    names = [protocol.name for protocol in protocols]
    with picture(out, columns=2, size=(13, 1.5 + 0.35 * len(names)), sharey=True) as (_, (left, right)):
        tuned = [protocol.tuned for protocol in protocols]
        stored = [protocol.multiple(tasks) for protocol in protocols]
        for axes, title, values, form in (
                (left, 'tuned parameters of one task, head included', tuned, '{:,}'),
                (right, f'storage of {tasks} tasks, in backbones', stored, '{:.2f}')):
            axes.plot(values, names, 'o', color='tab:blue')
            axes.set(xscale='log', xlabel=f'{title} (log scale)')
            for name, value in zip(names, values):
                axes.annotate(form.format(value), (value, name), (7, 0), textcoords='offset points', va='center')
            axes.grid(axis='y', alpha=0.4)
            axes.margins(x=0.3)
            axes.spines[['top', 'right']].set_visible(False)
