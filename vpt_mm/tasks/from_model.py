"""describe_model(): the task of a model that is in memory, such as a loop of one's own has trained."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from ..errors import UsageError
from ..models.frozen import base_names, fingerprint_of, frozen_keys, prompted_backbones, require_pretrained
from ..models.openmmlab import unwrap
from . import schema
from .from_config import describe


def describe_model(model: Any, *, config: dict[str, Any] | None, classes: Sequence[str] = (), base: str | None = None,
                   metrics: Mapping[str, float] | None = None) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """What a task file says of a model, checked, and the tensors that it holds: all but the frozen ones.

    Args:
        model: with a tuning method, its weights loaded.
        config: entries of the config that it was built by (``model``, ``data_preprocessor``, ``test_dataloader``);
            None describes no model, and the file serves none.
        classes: their names, by label; none where labels are numbers.
        base: name of the frozen weights; that of ``init_cfg`` by default.
        metrics: {name: number}, measured on this very model.

    Raises:
        UsageError: frozen weights that came from nowhere or have no name, or a model that a task file can't describe.
    """
    require_pretrained(model)
    frozen = set(frozen_keys(model))
    task = dict(base=_name_bases(model, base), frozen_weights=fingerprint_of(model), metrics=dict(metrics or {}),
                classes=list(classes), versions={}, date='',
                model=None if config is None else describe(config, dict(classes=list(classes))))
    schema.check(task)
    return task, {key: tensor for key, tensor in unwrap(model).state_dict().items() if key not in frozen}


def _name_bases(model: Any, base: str | None) -> dict[str, str]:
    names = {**base_names(model), **(dict.fromkeys(prompted_backbones(model), base) if base else {})}
    nameless = [backbone for prefix, backbone in prompted_backbones(model).items() if prefix not in names]
    if nameless:
        raise UsageError(f'the frozen weights of {nameless[0].title} have no name, by which others find '
                         "them again: give it as base='timm://NAME', or as the name of their file.")
    return names
