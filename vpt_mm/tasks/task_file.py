"""Task files and checkpoints of PromptCheckpointHook, read and loaded onto a model."""
from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import Any

from torch import Tensor

from ..errors import UsageError
from ..models.frozen import fingerprint_of, frozen_keys, frozen_weights, restore_from_source
from ..models.openmmlab import unwrap
from ..weights.files import load_bytes, load_from_disk
from ..weights.fingerprint import fingerprint
from ..weights.header import READERS
from ..weights.state import compare_state
from . import first_format, schema
from .fields import CONTROL, shown
from .from_checkpoint import describe_checkpoint
from .header import read_header

READERS.update({schema.FORMAT: read_header, first_format.FORMAT: first_format.read})


def read_task(path: str | PathLike[str] | bytes) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """What a task file, or a checkpoint of ``PromptCheckpointHook``, says of the model that it serves.

    Args:
        path: of the file, or the bytes of a task file.

    Returns:
        dict: as :mod:`vpt_mm.tasks.schema` has it, checked.
        dict: {key: tensor}.

    Raises:
        UsageError: another file, one that serves no model, or a model that is not on the list.
    """
    found = load_bytes(path) if isinstance(path, bytes) else load_from_disk(str(path))
    path, meta = name_of(path), found.get('meta', {})
    if 'state_dict' not in found or 'vpt_mm' not in meta or not ('task' in meta or 'cfg' in meta):
        raise UsageError(f'{path} is neither a task file nor a checkpoint of PromptCheckpointHook.')
    task = meta['task'] if 'task' in meta else describe_checkpoint(meta, path)
    schema.check(task)  # any file may have such an entry
    if task['model'] is None:
        raise UsageError(f'{path} describes no model: it is of a module of your own, or was published by --not-served, '
                         'and loads onto the model that it is of alone (load_task, load_from).')
    return task, found['state_dict']


def name_of(path: str | PathLike[str] | bytes) -> str:
    """What messages call a task file, or the bytes of one."""
    return 'the file that was sent' if isinstance(path, bytes) else str(path)


def load_task(model: Any, path: str | PathLike[str], *, classes: Sequence[str] | None = None) -> dict[str, Any]:
    """Load a task file, or a checkpoint of ``PromptCheckpointHook``, onto a model whose ``init_cfg`` names the base.

    The base weights are loaded once; the same model may then be given one task after another.

    Args:
        classes: names of the classes that the task must be for; not compared by default.

    Returns:
        dict: the task's ``meta``.

    Raises:
        UsageError: another frozen backbone, other classes, tensors that are missing or of another shape.
    """
    found = load_from_disk(str(path))
    meta = found.get('meta', {})
    if 'state_dict' not in found or 'vpt_mm' not in meta:
        raise UsageError(f'{path} is neither a task file nor a checkpoint of PromptCheckpointHook.')
    if classes is not None:
        require_classes(meta, classes)
    model, state = unwrap(model), found['state_dict']
    restore_from_source(model)
    _require_fit(model, state, path)
    frozen = frozen_weights(model)
    kept = frozen.keys() & state.keys()  # no init_cfg could restore these
    digest = fingerprint({**frozen, **{key: state[key] for key in kept}}) if kept else fingerprint_of(model)
    require_backbone(meta, digest)
    model.load_state_dict(state, strict=False)
    return meta


def _require_fit(model: Any, state: dict[str, Tensor], path: str | PathLike[str]) -> None:
    own, frozen = model.state_dict(), set(frozen_keys(model))
    difference = compare_state(state, own, needed=[key for key in own if key not in frozen]).describe()
    if difference:
        raise UsageError(f'{path} does not fit the model: {difference}. Use the config that it was trained with.')


def require_backbone(meta: dict[str, Any], found: str) -> None:
    """Raise UsageError unless the frozen weights are those that the task was trained on."""
    expected = meta['vpt_mm'].get('frozen_weights')
    if expected != found:
        ours, theirs = (shown(one).strip("'")[:16] or 'none' for one in (found, expected))
        base = names_of(meta['vpt_mm'].get('base')) or 'the weights of its config'
        raise UsageError(f'this checkpoint was trained on another frozen backbone ({base}): its fingerprint is '
                         f'{theirs}, that of the weights at hand is {ours}. Use the config, the init_cfg checkpoint '
                         'and the image size that it was trained with, such as --cfg-options '
                         f'model.backbone.init_cfg.checkpoint={base}.')


def require_classes(meta: dict[str, Any], classes: Sequence[str] | None) -> None:
    """Raise UsageError unless a task file is for these classes; other checkpoints may be for any."""
    own = (meta.get('dataset_meta') or {}).get('classes')
    sealed = (meta.get('vpt_mm') or {}).get('task') is True and isinstance(own, (list, tuple))
    if sealed and own and classes and list(own) != list(classes):
        strange = next(((one, other) for one, other in zip(own, classes) if one != other), None)
        raise UsageError(f'this task file is for {len(own)} classes, the config for {len(classes)}'
                         + (f'; the first that differ are {strange[0]!r} and {strange[1]!r}' if strange else '')
                         + '. Use the dataset that it was trained for, or train a new task.')


def names_of(base: object) -> str:
    """The names of the pretrained weights of a task, to be shown."""
    names = [name for name in base.values() if isinstance(name, str)] if isinstance(base, dict) else []
    return CONTROL.sub('?', ', '.join(dict.fromkeys(names)))
