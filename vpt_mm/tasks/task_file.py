"""Task files: prompts and heads in safetensors, with a header that says what they are and belong to."""
import datetime
import importlib.metadata
import math

import torch
from safetensors.torch import save

from ..errors import UsageError, some
from ..files import write_whole
from ..models.frozen import fingerprint_of, frozen_keys, frozen_weights, restore_from_source, unwrap
from ..weights.files import load_from_disk
from ..weights.fingerprint import fingerprint
from ..weights.header import write_task_header

LIBRARIES = ('vpt_mm', 'torch', 'mmengine', 'mmpretrain', 'mmsegmentation', 'mmdet', 'timm')


def publish_task(checkpoint, out):
    """Write the task file of a checkpoint; returns its header.

    Args:
        checkpoint: path of a file of ``PromptCheckpointHook``.
        out: path of the task file, ending in .safetensors.

    Raises:
        UsageError: another kind of checkpoint, one whose base model has no name, NaN in it, or a place that can't be
            written.
    """
    if not str(out).endswith('.safetensors'):
        raise UsageError(f'a task file is named *.safetensors, got {out}.')
    found = load_from_disk(str(checkpoint))
    meta = found.get('meta', {})
    own = meta.get('vpt_mm') or {}
    if 'state_dict' not in found or not own.get('base') or 'cfg' not in meta:
        raise UsageError(f'{checkpoint} is no checkpoint of PromptCheckpointHook that knows where its frozen weights '
                         'came from: train with that hook, and init_cfg on the backbone.')
    if own.get('task'):
        raise UsageError(f'{checkpoint} is a task file already: copy it.')
    state = {key: tensor.detach().cpu().contiguous().clone() for key, tensor in found['state_dict'].items()}
    broken = [key for key, tensor in state.items() if not torch.isfinite(tensor).all()]
    if broken:
        raise UsageError(f'a task file holds finite values; NaN or infinite ones in {some(broken)}.')
    header = write_task_header(state, dict(
        config=meta['cfg'], classes=list(_classes(meta)), base=own['base'], frozen_weights=own['frozen_weights'],
        metrics=_metrics(own), versions=_versions(own),
        date=datetime.datetime.now(datetime.timezone.utc).isoformat(timespec='seconds')))
    write_whole(save(state, metadata=header), out)
    return header


def load_task(model, path, *, classes=None):
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
    kept = frozen.keys() & state.keys()  # no init_cfg could bring these again
    digest = fingerprint({**frozen, **{key: state[key] for key in kept}}) if kept else fingerprint_of(model)
    require_backbone(meta, digest)
    model.load_state_dict(state, strict=False)
    return meta


def _require_fit(model, state, path):
    own, frozen = model.state_dict(), set(frozen_keys(model))
    unfit = [key for key, tensor in own.items() if not key.endswith('num_batches_tracked')
             and (state[key].shape != tensor.shape if key in state else key not in frozen)]
    surplus = [key for key in state if key not in own]
    if unfit or surplus:
        raise UsageError(f'{path} does not fit the model: ' + '; '.join(
            [f'missing or of another shape: {some(unfit)}'] * bool(unfit)
            + [f'no place for {some(surplus)}'] * bool(surplus)) + '. Use the config that it was trained with.')


def require_backbone(meta, found):
    """Raise UsageError unless the frozen weights are those that the task was trained on."""
    expected = meta['vpt_mm'].get('frozen_weights')
    if expected != found:
        base = ', '.join((meta['vpt_mm'].get('base') or {}).values()) or 'the weights of its config'
        raise UsageError(f'this checkpoint was trained on another frozen backbone ({base}): its fingerprint is '
                         f'{str(expected)[:16]}, that of the weights at hand is {found[:16] or "none"}. Use the '
                         'config, the init_cfg checkpoint and the image size that it was trained with.')


def require_classes(meta, classes):
    """Raise UsageError unless a task file is for these classes; other checkpoints may be for any."""
    own = (meta.get('dataset_meta') or {}).get('classes')
    if (meta.get('vpt_mm') or {}).get('task') and own and classes and list(own) != list(classes):
        strange = next(((one, other) for one, other in zip(own, classes) if one != other), None)
        raise UsageError(f'this task file is for {len(own)} classes, the config for {len(classes)}'
                         + (f'; the first that differ are {strange[0]!r} and {strange[1]!r}' if strange else '')
                         + '. Use the dataset that it was trained for, or train a new task.')


def _classes(meta):
    return (meta.get('dataset_meta') or {}).get('classes') or ()


def _metrics(own):
    """What a validation said of this very checkpoint; those that are not the best are written before theirs."""
    return {name: value for name, value in (own.get('metrics') or {}).items() if math.isfinite(value)}


def _versions(own):
    versions = {}
    for library in LIBRARIES:
        try:
            versions[library] = importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {**versions, 'vpt_mm': own.get('version', '')}
