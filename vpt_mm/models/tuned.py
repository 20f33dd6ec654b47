"""What a model tunes: parameters by part, their share of the model, the bytes of a task file."""
from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table
from torch import nn

from ..weights.state import TUNING
from .frozen import frozen_keys, prompted_backbones
from .openmmlab import unwrap


@dataclass(frozen=True)
class Tuned:
    """Counts of parameters.

    Attributes:
        added: owned by the tuning method: prompts.
        backbone: the backbone's own that train as well: biases, blocks.
        head: everything outside the backbone that trains.
        total: all parameters of the model, frozen ones included.
        plain: of the backbones without what tuning methods add.
        common: those of ``plain`` that tasks have in common: all, but of a backbone that trains as a whole.
        task_bytes: tensors that a task needs beside the frozen backbone, buffers included.
    """

    added: int
    backbone: int
    head: int
    total: int
    plain: int
    common: int
    task_bytes: int

    @property
    def tuned(self) -> int:
        return self.added + self.backbone + self.head

    @property
    def share(self) -> float:
        return self.tuned / self.total

    @property
    def frozen(self) -> float:
        """The share of the plain backbones that tasks have in common: 1 for one that is frozen, 0 for FullTuning."""
        return self.common / self.plain if self.plain else 0


def count_tuned(model: nn.Module) -> Tuned:
    """Count a model's tuned parameters (:class:`Tuned`)."""
    model = unwrap(model)
    backbones = prompted_backbones(model)
    counts = dict(added=0, backbone=0, head=0)
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            counts[role_of(name, backbones)] += parameter.numel()
    plain = {prefix: _count_plain(backbone) for prefix, backbone in backbones.items()}
    frozen = set(frozen_keys(model))
    return Tuned(**counts, total=sum(parameter.numel() for parameter in model.parameters()), plain=sum(plain.values()),
                 common=sum(count for prefix, count in plain.items() if not backbones[prefix].tuning.trains_backbone),
                 task_bytes=sum(tensor.numel() * tensor.element_size() for key, tensor in model.state_dict().items()
                                if key not in frozen))


def _count_plain(backbone: nn.Module) -> int:
    return sum(parameter.numel() for name, parameter in backbone.named_parameters() if not name.startswith(TUNING))


def role_of(name: str, backbones: Mapping[str, Any]) -> str:
    """'added', 'backbone' or 'head': the part that a parameter's name belongs to.

    Args:
        name: of the parameter.
        backbones: {prefix: backbone} of the model.
    """
    for prefix, backbone in backbones.items():
        if name.startswith(prefix):
            own = name[len(prefix):]
            return 'added' if own.startswith(TUNING) else 'head' if is_of(own, backbone.own_heads) else 'backbone'
    return 'head'


def is_of(name: str, parts: Sequence[str]) -> bool:
    """Whether a name is of one of these parts of a module."""
    return any(f'{name}.'.startswith(f'{part}.') for part in parts)


def tuned_table(model: nn.Module) -> str:
    """The counts as one table, in text."""
    counts = count_tuned(model)
    table = Table(title='Tuned parameters')
    table.add_column('part')
    table.add_column('parameters', justify='right')
    table.add_column('share of the model', justify='right')
    for part, number in (('prompts and other added', counts.added), ("backbone's own", counts.backbone),
                         ('head', counts.head), ('tuned in all', counts.tuned), ('model', counts.total)):
        table.add_row(part, f'{number:,}', f'{number / counts.total:.3%}')
    table.caption = f'a task file is {counts.task_bytes / 1e6:,.2f} MB, the whole model is ' \
                    f'{sum(p.numel() * p.element_size() for p in unwrap(model).parameters()) / 1e6:,.2f} MB'
    text = io.StringIO()
    Console(file=text, width=88).print(table)
    return '\n' + text.getvalue().rstrip()
