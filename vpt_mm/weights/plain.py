"""Plain weight files, for tools that know nothing of prompts: converted backbones and merged models."""
import io
import json
import math

import torch
from mmengine.registry import MODELS, DefaultScope
from safetensors.torch import save

from ..errors import UsageError, some
from ..files import require_writable, write_whole
from .files import fetch
from .frozen import prompted_backbones
from .pretrained import convert
from .task import load_task

ENDINGS = '.pth', '.safetensors'


def convert_file(source, out, *, grid=None):
    """Write the backbone in a checkpoint under mmpretrain's names.

    Args:
        source: path, address or ``timm://`` name.
        out: path ending in .pth or .safetensors.
        grid: (height, width) of the position embeddings in patches, where they are no square.

    Returns:
        Pretrained: what was written.

    Raises:
        UsageError: a source that can't be read or has no known names, a grid of other patches, or a place that can't
            be written.
    """
    require_writable(out, ENDINGS)
    found = fetch(source)
    try:
        pretrained = convert(found)
    except UsageError as error:
        raise UsageError(f'{source}: {error}') from None
    blocks = ('layers.', 'stages.', 'layer1.')
    if not pretrained.family and not any(key.startswith(blocks) for key in pretrained.state):
        raise UsageError(f'{source}: the names of these tensors are of no known architecture: '
                         f'{some(pretrained.state, 4)}.')
    if grid is not None:
        _require_grid(source, pretrained.state, grid)
        pretrained.facts['grid'] = tuple(grid)
    save_plain(pretrained.state, pretrained.meta, out)
    return pretrained


def _require_grid(source, state, grid):
    positions = state.get('pos_embed')
    count = 0 if positions is None else positions.shape[1] - ('cls_token' in state)
    if min(grid) < 1 or math.prod(grid) != count:
        raise UsageError(f'{source} has position embeddings of {count} patches: height times width of the grid must be '
                         f'as many, got {grid[0]} and {grid[1]}.')


def merge_task(config, checkpoint, out):
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
    with DefaultScope.overwrite_default_scope(config.get('default_scope', 'mmengine')):
        model = MODELS.build(config.model)
    meta = load_task(model, checkpoint)
    for backbone in prompted_backbones(model).values():
        backbone.tuning.merge_into(backbone)
    tuning = tuple(f'{prefix}tuning.' for prefix in prompted_backbones(model))
    state = {key: tensor for key, tensor in model.state_dict().items() if not key.startswith(tuning)}
    save_plain(state, {name: meta[name] for name in ('dataset_meta',) if name in meta}, out)
    return state


def save_plain(state, meta, out):
    """Write a checkpoint, whole or not at all, in the format that the name's ending says."""
    state = {key: tensor.detach().cpu().contiguous().clone() for key, tensor in state.items()}
    if str(out).endswith('.safetensors'):
        header = {name: json.dumps(value) for name, value in meta.items()}
        return write_whole(save(state, metadata=dict(header, format='pt')), out)
    data = io.BytesIO()
    torch.save(dict(meta=meta, state_dict=state), data)
    return write_whole(data.getbuffer(), out)
