"""PromptedModel: a frozen backbone, what is learned inside it, and a head, for a loop of one's own."""
from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import UsageError
from ..models.frozen import prompted_backbones
from ..models.openmmlab import head_of, is_segmentor
from ..models.switches import disabled, merge, unmerge
from ..models.tunable import Tunable
from ..models.tuned import count_tuned, role_of
from ..tasks.from_model import describe_model
from ..tasks.from_pipeline import describe_input
from ..tasks.publish import require_ending, write_task
from ..tasks.task_file import load_task
from .transform import Transform

FILE = 'task.safetensors'  # in the folder of a task


class PromptedModel(nn.Module):
    """What :func:`~vpt_mm.plain.adapt` makes: an ordinary module, of which only prompts and head require gradients.

    Args:
        model: a classifier or segmentor of OpenMMLab's, or a module of one's own, with a tuning method.
        config: entries of the config that it was built by; of a module of one's own, what is known of its images.
        classes: their names, by label; empty where labels are numbers.

    Attributes:
        transform: from an image to the (3, H, W) that the model takes, as in serving (:class:`Transform`).
    """

    def __init__(self, model: nn.Module, *, config: dict[str, Any], classes: Sequence[str] = ()) -> None:
        super().__init__()
        self.model = model
        self.config = config
        self.classes = list(classes)
        self.train()

    def forward(self, images: Tensor) -> Any:
        """Scores of normalised images (B, 3, H, W): (B, classes), or (B, classes, H, W) of a segmentor.

        Without a head, what the backbone gives last; of a module of one's own, what it gives.
        """
        if isinstance(self.model, Tunable):
            return self.model(images)
        made = self.model(images, mode='tensor')
        if is_segmentor(self.model):
            return F.interpolate(made, images.shape[2:], mode='bilinear',
                                 align_corners=head_of(self.model).align_corners)
        return made[-1] if self._headless else made

    @property
    def _headless(self) -> bool:
        """Whether it is a classifier whose head was left out."""
        return getattr(self.model, 'head', self) is None

    @property
    def backbones(self) -> list[Any]:
        """The backbones with a tuning method, of which most models have one."""
        return list(prompted_backbones(self.model).values())

    @cached_property
    def transform(self) -> Transform:
        """From an image to the (3, H, W) that the model takes.

        Raises:
            UsageError: the test pipeline of the config has a step that no task file has.
        """
        kind = 'segmentation' if is_segmentor(self.model) else 'classification'
        return Transform(kind, describe_input(kind, self.config))

    def print_trainable_parameters(self) -> None:
        """Print how many parameters train: prompts, the backbone's own, head; and of how many."""
        counts = count_tuned(self.model)
        parts = [f'{number:,} {part}' for part, number in (
            ('prompts', counts.added), ("of the backbone's own", counts.backbone), ('head', counts.head)) if number]
        print(f'trainable parameters: {" + ".join(parts) or "none"} = {counts.tuned:,} of {counts.total:,} '
              f'({counts.share:.3%})')

    def parameter_groups(self, *, prompts: Mapping[str, Any] | None = None,
                         head: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """What trains, in groups for an optimizer of torch's: those called 'prompts' and 'head' that are there.

        Args:
            prompts: settings of all that a tuning method trains in the backbone, such as ``dict(lr=0.01)``.
            head: settings of the rest.
        """
        backbones, groups = prompted_backbones(self.model), dict[str, list[nn.Parameter]](prompts=[], head=[])
        for name, parameter in self.model.named_parameters():
            if parameter.requires_grad:
                groups['head' if role_of(name, backbones) == 'head' else 'prompts'].append(parameter)
        settings = dict(prompts=prompts or {}, head=head or {})
        return [dict(settings[name], name=name, params=params) for name, params in groups.items() if params]

    def save_task(self, out: str | PathLike[str], *, base: str | None = None,
                  metrics: Mapping[str, float] | None = None) -> Path:
        """Write the task file: what was learned, and what serves it; returns its path.

        Of a module of one's own it holds what was learned alone: :meth:`load_task` takes it, and nothing serves it.

        Args:
            out: path of the file, ending in .safetensors, or a folder, in which it is called task.safetensors.
            base: name of the frozen weights, by which whoever gets the file finds them again; known where
                :func:`~vpt_mm.plain.adapt` loaded them.
            metrics: {name: number}, measured on this very model.

        Raises:
            UsageError: frozen weights without a name, a model that no task file describes, values that are not finite,
                or what was learned is merged.
        """
        self._require_unmerged('saved')
        file = task_file_in(out)
        if self._headless:
            raise UsageError('a task has a head, and this model has none: adapt(..., classes=...) makes one.')
        task, state = describe_model(self.model, classes=self.classes, base=base, metrics=metrics,
                                     config=None if isinstance(self.model, Tunable) else self.config)
        file.parent.mkdir(parents=True, exist_ok=True)
        write_task(task, state, file)
        return file

    def load_task(self, source: str | PathLike[str]) -> dict[str, Any]:
        """Load what was learned from a task file, or a checkpoint of ``PromptCheckpointHook``; returns its ``meta``.

        Args:
            source: the file, or a folder with one.

        Raises:
            UsageError: no task, one for another backbone, other classes, or another method or head.
        """
        self._require_unmerged('loaded')
        file = Path(source, FILE) if os.path.isdir(source) else Path(source)
        return load_task(self.model, file, classes=self.classes or None)

    def merge(self) -> None:
        """Put what was learned into the backbone's weights, where the method allows (LoRA): passes get cheaper.

        Raises:
            UsageError: a method whose parameters have no place there, such as prompts; or it is merged already.
        """
        for backbone in self.backbones:
            merge(backbone)

    def unmerge(self) -> None:
        """Undo :meth:`merge`, to the bit.

        Raises:
            UsageError: nothing is merged.
        """
        for backbone in self.backbones:
            unmerge(backbone)

    @contextmanager
    def disable(self) -> Iterator[None]:
        """Context in which the backbone computes what it was pretrained for, under the same head.

        Raises:
            UsageError: what was learned is merged.
        """
        with ExitStack() as stack:
            for backbone in self.backbones:
                stack.enter_context(disabled(backbone))
            yield

    def _require_unmerged(self, what: str) -> None:
        if any(backbone.merged is not None for backbone in self.backbones):
            raise UsageError(f'a task is {what} as it was learned, and here it is merged into the weights: unmerge() '
                             'first.')


def task_file_in(out: str | PathLike[str]) -> Path:
    """The path of a task file, of that or of its folder."""
    path = Path(out)
    if path.is_dir() or not path.suffix:
        return path / FILE
    require_ending(path)
    return path
