"""What a model tunes: parameters by part, their share of the model, the bytes of a task file."""
import io
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from .frozen import frozen_keys, prompted_backbones, unwrap


@dataclass(frozen=True)
class Tuned:
    """Counts of parameters.

    Attributes:
        added: owned by the tuning method: prompts.
        backbone: the backbone's own that train as well: biases, blocks.
        head: everything outside the backbone that trains.
        total: all parameters of the model, frozen ones included.
        task_bytes: tensors that a task needs beside the frozen backbone, buffers included.
    """

    added: int
    backbone: int
    head: int
    total: int
    task_bytes: int

    @property
    def tuned(self):
        return self.added + self.backbone + self.head

    @property
    def share(self):
        return self.tuned / self.total


def count_tuned(model):
    """Count a model's tuned parameters (:class:`Tuned`)."""
    model = unwrap(model)
    backbones = prompted_backbones(model)
    counts = dict(added=0, backbone=0, head=0)
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            counts[role_of(name, backbones)] += parameter.numel()
    frozen = set(frozen_keys(model))
    return Tuned(**counts, total=sum(parameter.numel() for parameter in model.parameters()),
                 task_bytes=sum(tensor.numel() * tensor.element_size() for key, tensor in model.state_dict().items()
                                if key not in frozen))


def role_of(name, backbones):
    """'added', 'backbone' or 'head': the part that a parameter's name belongs to."""
    for prefix in backbones:
        if name.startswith(prefix):
            return 'added' if name[len(prefix):].startswith('tuning.') else 'backbone'
    return 'head'


def tuned_table(model):
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
