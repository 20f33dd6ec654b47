"""CodaPrompt: prefixes that are weighted sums of components (CODA-Prompt, Smith et al., CVPR 2023)."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import UsageError
from .choice import check_blocks, check_weight, draw, require_blocks
from .host import Host
from .method import Memory, Place, TuningMethod
from .registry import TUNING_METHODS
from .task_bank import TaskBank, TaskByTask


@TUNING_METHODS.register_module()
class CodaPrompt(TaskByTask, TuningMethod):
    """CODA-Prompt: keys and values of a block are sums of components, weighted for each image (Smith et al. 2023).

    A component's weight is cos(q * A, K): of the plain feature q, times the component's attention vector A, and its key
    K. It isn't a choice, so gradients of the model's loss reach A and K as well. The plain feature is one more pass of
    the backbone, without gradients.

    A task trains components of its own, ``components / tasks`` of them, and sees those of earlier tasks, which stay as
    they are; :meth:`next_task` says where a task ends. ``values.i``: a bank (tasks, M / tasks, 2, length / 2, C) of the
    i-th block; ``keys`` and ``attention``: banks (tasks, blocks, M / tasks, Q), of the width of the plain feature
    whatever that of the block is.

    Args:
        tasks: number of tasks.
        components: M, of all tasks together.
        length: tokens a component, L: the first half are keys and the other half values.
        blocks: counted from 1.
        orthogonality: weight of the penalty that keeps components, keys and attention vectors apart, each by
            the squared Frobenius norm of X X^T - I, of the components that have begun, summed over blocks.

    Raises:
        UsageError: sizes that are not whole numbers of at least 1, components that tasks do not divide, an odd length,
            blocks outside the backbone, a negative weight, or a backbone that gives no feature.
    """

    sees_images = mixes = chooses = True

    def __init__(self, tasks: int, *, components: int = 100, length: int = 8, blocks: Sequence[int] = (1, 2, 3, 4, 5),
                 orthogonality: float = 0.) -> None:
        super().__init__()
        self.count_tasks(tasks)
        self.check_count('components', components)
        self.check_count('length', length)
        if components % tasks:
            raise UsageError(f'CodaPrompt: components must be a multiple of the {tasks} tasks, each of which trains as '
                             f'many, got {components}.')
        if length % 2:
            raise UsageError(f'CodaPrompt: length must be even, half keys and half values, got {length}.')
        self.components, self.length = components, length
        self.blocks = check_blocks('CodaPrompt: blocks', blocks)
        self.orthogonality = check_weight('CodaPrompt: orthogonality', orthogonality)

    def build_for(self, backbone: Host) -> None:
        require_blocks('CodaPrompt: blocks', self.blocks, backbone)
        each, widths = self.components // self.tasks, backbone.block_widths
        self.values = nn.ModuleList(TaskBank(draw(backbone, self.tasks, each, 2, self.length // 2, widths[block]))
                                    for block in self.blocks)
        shape = (self.tasks, len(self.blocks), each, backbone.query_width)
        self.keys, self.attention = (TaskBank(draw(backbone, *shape)) for _ in range(2))

    def begin(self, inputs: Tensor, backbone: Any, **given: Any) -> Memory:
        """Of each block, over the M components of all tasks: ``weights`` (B, M), ``values`` (M, 2, L / 2, C), and
        ``keys`` and ``attention`` (M, Q)."""
        keys, attention = (bank.rows(self.task).transpose(0, 1).flatten(1, 2) for bank in (self.keys, self.attention))
        banks: Any = self.values
        values = [bank.rows(self.task).flatten(0, 1) for bank in banks]
        weights = self.weigh(backbone.query(inputs).to(keys.dtype), keys, attention)
        return dict(weights=weights, values=values, keys=keys, attention=attention)

    def weigh(self, queries: Tensor, keys: Tensor, attention: Tensor) -> Tensor:
        """(B, Q) and twice (blocks, M, Q) to cos(q * A, K), (blocks, B, M), which is 0 of tasks that have not begun."""
        dots = queries @ (attention * keys).mT
        seen = (queries.square() @ attention.square().mT).clamp_min(1e-16).sqrt()
        return dots / (seen * keys.norm(dim=-1).clamp_min(1e-8)[:, None]) * self.there

    @property
    def there(self) -> Tensor:
        """(M,), whether a component's task has begun."""
        return self.begun.repeat_interleave(self.components // self.tasks)

    def prefixes(self, place: Place, memory: Memory) -> Tensor | None:
        if place.block not in self.blocks:
            return None
        number = self.blocks.index(place.block)
        return torch.einsum('bm,mklc->kblc', memory['weights'][number], memory['values'][number])

    def losses(self, memory: Memory) -> dict[str, Tensor]:
        """While training, the penalty, if it has a weight."""
        if not (self.training and self.orthogonality):
            return {}
        families = [*(values.flatten(1) for values in memory['values']), *memory['keys'], *memory['attention']]
        return dict(loss_orthogonality=self.orthogonality * torch.stack(list(map(self.overlap, families))).sum())

    def overlap(self, rows: Tensor) -> Tensor:
        """Squared Frobenius norm of X X^T - I, of the components (M, ...) whose tasks have begun."""
        there = self.there.to(rows.dtype)
        rows = rows * there[:, None]
        return (rows @ rows.T - torch.diag(there)).square().sum()
