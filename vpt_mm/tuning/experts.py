"""DualPrompt: prefixes that all tasks share, and prefixes of each task's own (Wang et al., ECCV 2022)."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from ..errors import UsageError
from .choice import as_prefixes, check_blocks, check_weight, distances, draw, nearest, require_blocks
from .host import Host
from .method import Memory, Place, TuningMethod
from .registry import TUNING_METHODS
from .task_bank import TaskBank, TaskByTask


@TUNING_METHODS.register_module()
class DualPrompt(TaskByTask, TuningMethod):
    """DualPrompt: general prefixes of all tasks, and expert prefixes of one task each (Wang et al. 2022, section 4).

    While training, images see the expert of the current task, and a loss pulls its key to their plain features. In
    tests, nobody tells the task: each image takes the expert whose key is nearest, among those of tasks that have
    begun. The plain feature is one more pass of the backbone, without gradients.

    ``general.i``: (2, general_length, C) of the i-th block with general prefixes, keys and then values; ``experts.i``:
    a bank of such, (tasks, 2, expert_length, C); ``keys``: a bank (tasks, Q), of the width of the plain feature. What
    earlier tasks learned stays as it is; :meth:`next_task` says where a task ends.

    Args:
        tasks: number of tasks.
        general_length: number of keys and of values that tokens of these blocks see beside their own.
        general_blocks: counted from 1.
        expert_length: number of keys and of values; 20 in the paper's ImageNet-R.
        expert_blocks: counted from 1.
        weight: of the loss of the keys.

    Raises:
        UsageError: sizes that are not whole numbers of at least 1, blocks outside the backbone or of both kinds, a
            negative weight, or a backbone that gives no feature.
    """

    sees_images = mixes = chooses = True

    def __init__(self, tasks: int, *, general_length: int = 5, general_blocks: Sequence[int] = (1, 2),
                 expert_length: int = 5, expert_blocks: Sequence[int] = (3, 4, 5), weight: float = 1.) -> None:
        super().__init__()
        self.count_tasks(tasks)
        self.check_count('general_length', general_length)
        self.check_count('expert_length', expert_length)
        self.general_blocks = check_blocks('DualPrompt: general_blocks', general_blocks)
        self.expert_blocks = check_blocks('DualPrompt: expert_blocks', expert_blocks)
        both = sorted(block + 1 for block in {*self.general_blocks} & {*self.expert_blocks})
        if both:
            raise UsageError('DualPrompt: a block has general or expert prefixes, but general_blocks and expert_blocks '
                             f'both name {both}.')
        self.general_length, self.expert_length = general_length, expert_length
        self.weight = check_weight('DualPrompt: weight', weight)

    def build_for(self, backbone: Host) -> None:
        require_blocks('DualPrompt: general_blocks', self.general_blocks, backbone)
        require_blocks('DualPrompt: expert_blocks', self.expert_blocks, backbone)
        widths = backbone.block_widths
        self.general = nn.ParameterList(draw(backbone, 2, self.general_length, widths[block])
                                        for block in self.general_blocks)
        self.experts = nn.ModuleList(TaskBank(draw(backbone, self.tasks, 2, self.expert_length, widths[block]))
                                     for block in self.expert_blocks)
        self.keys = TaskBank(draw(backbone, self.tasks, backbone.query_width))

    def begin(self, inputs: Tensor, backbone: Any, **given: Any) -> Memory:
        """While training, ``distance`` (B,) to the current key; else ``chosen`` (B,), the expert of each image."""
        queries = backbone.query(inputs)
        if self.training:
            return dict(distance=distances(queries, self.keys.current[None])[:, 0])
        distance = distances(queries, self.keys.rows(self.task)).masked_fill(~self.begun, float('inf'))
        return dict(chosen=nearest(distance.detach())[:, 0])

    def prefixes(self, place: Place, memory: Memory) -> Tensor | None:
        if place.block in self.general_blocks:
            return self.general[self.general_blocks.index(place.block)]
        if place.block not in self.expert_blocks:
            return None
        bank: Any = self.experts[self.expert_blocks.index(place.block)]
        if 'chosen' not in memory:
            return bank.current
        return as_prefixes(bank.rows(self.task)[memory['chosen']][:, None])

    def losses(self, memory: Memory) -> dict[str, Tensor]:
        """While training, the mean distance of the plain features to the key of the current task."""
        return dict(loss_key=self.weight * memory['distance'].mean()) if 'distance' in memory else {}
