"""merge_task(): a plain checkpoint of the whole model, with what a task learned in its weights."""
from __future__ import annotations

from os import PathLike
from typing import Any

from torch import Tensor

from ..files import require_writable
from ..models.build import build_model
from ..models.frozen import prompted_backbones
from ..weights.convert import ENDINGS, save_plain
from ..weights.state import TUNING
from .task_file import load_task


def merge_task(config: Any, checkpoint: str | PathLike[str], out: str | PathLike[str]) -> dict[str, Tensor]:
    """Write the whole model with a task's weights in their places, without a tuning method.

    Args:
        config: mmengine ``Config`` that the task was trained with.
        checkpoint: task file, or checkpoint of ``PromptCheckpointHook``.
        out: path ending in .pth or .safetensors.

    Raises:
        UsageError: a method whose parameters have no place in the plain backbone, such as prompts; or as
            ``load_task`` says.
    """
    require_writable(out, ENDINGS)
    model = build_model(config)
    meta = load_task(model, checkpoint)
    for backbone in prompted_backbones(model).values():
        backbone.tuning.merge_into(backbone.host)
    tuning = tuple(prefix + TUNING for prefix in prompted_backbones(model))
    state = {key: tensor for key, tensor in model.state_dict().items() if not key.startswith(tuning)}
    save_plain(state, {name: meta[name] for name in ('dataset_meta',) if name in meta}, out)
    return state
