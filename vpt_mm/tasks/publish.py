"""publish_task(): the task file of a checkpoint."""
from __future__ import annotations

import datetime
import importlib.metadata
from os import PathLike
from typing import Any

from safetensors.torch import save
from torch import Tensor

from ..errors import UsageError
from ..files import write_whole
from ..version import __version__
from ..weights.files import load_from_disk
from .bake import bake_task
from .from_checkpoint import describe_checkpoint
from .from_names import describe_names
from .header import write_header

LIBRARIES = ('vpt_mm', 'torch', 'mmengine', 'mmpretrain', 'mmsegmentation', 'mmdet', 'timm')


def publish_task(checkpoint: str | PathLike[str], out: str | PathLike[str], *, served: bool = True,
                 bake: str | PathLike[str] | None = None) -> dict[str, Any]:
    """Write the task file of a checkpoint; returns what it says (:mod:`vpt_mm.tasks.schema`).

    Args:
        checkpoint: path of a file of ``PromptCheckpointHook``; or of a config in Python in which nothing learns and
            names tell the classes.
        out: path of the task file, ending in .safetensors.
        served: describe the model, so that the file can be served. Without that, the file loads onto the model of its
            config (:func:`load_task`, ``load_from``), whatever that is.
        bake: path or name of the whole model, image and text tower: the file then holds a linear layer in place of what
            is learned among the words, and serves without a text tower.

    Raises:
        UsageError: another kind of checkpoint, one whose base model has no name, a model that a task file can't
            describe, or bake, NaN in it, or a place that can't be written.
    """
    require_ending(out)
    if str(checkpoint).endswith('.py'):
        task, state = describe_names(str(checkpoint))
    else:
        task, state = _read_checkpoint(checkpoint, served)
    if bake is not None:
        task, state = bake_task(task, state, str(bake))
    return write_task(task, state, out)


def write_task(task: dict[str, Any], state: dict[str, Tensor], out: str | PathLike[str]) -> dict[str, Any]:
    """Write a task file, with the date; returns what it says.

    Args:
        task: as :mod:`vpt_mm.tasks.schema` has it, but for date and, where they are not there yet, versions.
        state: its tensors.
        out: path of the file, ending in .safetensors.

    Raises:
        UsageError: another ending, what the schema can't say, NaN, or a place that can't be written.
    """
    require_ending(out)
    task = dict(task, versions=task['versions'] or versions_of_libraries(__version__))
    task['date'] = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec='seconds')
    state = {key: tensor.detach().cpu().contiguous().clone() for key, tensor in state.items()}
    write_whole(save(state, metadata=write_header(task, state)), out)
    return task


def _read_checkpoint(checkpoint: str | PathLike[str], served: bool) -> tuple[dict[str, Any], dict[str, Tensor]]:
    found = load_from_disk(str(checkpoint))
    meta = found.get('meta', {})
    own = meta.get('vpt_mm', {})
    if own.get('task') is True:
        raise UsageError(f'{checkpoint} is a task file already: copy it.')
    try:
        task = describe_checkpoint(meta, checkpoint, served=served) if own and 'state_dict' in found else dict(base={})
    except UsageError as error:
        raise UsageError(f'{error} With served=False (--not-served) it is published for its own config: such a file is '
                         'loaded onto that model, and not served.' if served else str(error)) from None
    if not task['base']:
        raise UsageError(f'{checkpoint} is not a checkpoint of PromptCheckpointHook that knows where its frozen '
                         'weights came from: train with that hook, and init_cfg on the backbone.')
    return dict(task, versions=versions_of_libraries(own.get('version', ''))), found['state_dict']


def require_ending(out: str | PathLike[str]) -> None:
    """Raise UsageError unless a path is named as task files are."""
    if not str(out).endswith('.safetensors'):
        raise UsageError(f'a task file is named *.safetensors, got {out}.')


def versions_of_libraries(own: str) -> dict[str, str]:
    """{library: version} of those that there are, and ``own`` of this package."""
    versions = {}
    for library in LIBRARIES:
        try:
            versions[library] = importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {**versions, 'vpt_mm': own}
