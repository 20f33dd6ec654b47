"""Plain weight files, for tools that know nothing of prompts: converted backbones and merged models."""
import io
import json
import math

import torch
from safetensors.torch import save

from ..errors import UsageError, some
from ..files import require_writable, write_whole
from .files import fetch
from .pretrained import convert
from .state import not_finite
from .wrappers import flatten, lies_under

ENDINGS = '.pth', '.safetensors'


def convert_file(source, out, *, prefix=None, grid=None):
    """Write the backbone in a checkpoint under mmpretrain's names.

    Args:
        source: path, address or ``timm://`` name.
        out: path ending in .pth or .safetensors.
        prefix: a part of what stands in front of the backbone's names, such as 'student.', where there are several.
        grid: (height, width) of the position embeddings in patches, where they aren't a square.

    Returns:
        Pretrained: what was written.

    Raises:
        UsageError: a source that can't be read or has no known names, nothing under the prefix, a grid of other
            patches, or a place that can't be written.
    """
    require_writable(out, ENDINGS)
    found = fetch(source)
    try:
        pretrained = convert(found, prefix=prefix)
    except UsageError as error:
        raise UsageError(f'{source}: {error}') from None
    blocks = ('layers.', 'stages.', 'layer1.')
    if not pretrained.family and not any(key.startswith(blocks) for key in pretrained.state):
        raise UsageError(f'{source}: the names of these tensors are of no known architecture: '
                         f'{some(pretrained.state, 4)}.')
    if prefix and not lies_under(pretrained.place, prefix):
        place = f'under {pretrained.place}' if pretrained.place else 'under no prefix'
        raise UsageError(f'{source} has no backbone under {prefix}, but one {place}.')
    if grid is not None:
        _require_grid(source, pretrained.state, grid)
        pretrained.facts['grid'] = tuple(grid)
    save_plain(pretrained.state, pretrained.meta, out)
    return pretrained


def halve_file(source, out):
    """Write all tensors of a checkpoint under their names, numbers in half precision: half the bytes.

    Args:
        source: path or address.
        out: path ending in .pth or .safetensors.

    Returns:
        int: how many tensors were written.

    Raises:
        UsageError: a source that can't be read or holds no tensors, values that half precision can't hold, or a place
            that can't be written.
    """
    require_writable(out, ENDINGS)
    found = fetch(source)
    tensors = flatten(found.get('state_dict', found))
    halved = {key: tensor.half() if tensor.is_floating_point() else tensor for key, tensor in tensors.items()}
    lost = not_finite(halved)
    if lost or not halved:
        raise UsageError(f'{source}: half precision holds no values above 65,504, and {some(lost)} has some: write it '
                         'without --half.' if lost else f'{source} holds no tensors by name.')
    save_plain(halved, {}, out)
    return len(halved)


def _require_grid(source, state, grid):
    positions = state.get('pos_embed')
    count = 0 if positions is None else positions.shape[1] - ('cls_token' in state)
    if min(grid) < 1 or math.prod(grid) != count:
        raise UsageError(f'{source} has position embeddings of {count} patches: height times width of the grid must be '
                         f'as many, got {grid[0]} and {grid[1]}.')


def save_plain(state, meta, out):
    """Write a checkpoint, whole or not at all, in the format that the name's ending says."""
    state = {key: tensor.detach().cpu().contiguous().clone() for key, tensor in state.items()}
    if str(out).endswith('.safetensors'):
        header = {name: json.dumps(value) for name, value in meta.items()}
        return write_whole(save(state, metadata=dict(header, format='pt')), out)
    data = io.BytesIO()
    torch.save(dict(meta=meta, state_dict=state), data)
    return write_whole(data.getbuffer(), out)
