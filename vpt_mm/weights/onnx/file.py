"""read_onnx(): the ViT in an ONNX file under timm's names, whatever the names in the file."""
import logging

import numpy as np
import torch
from mmengine.logging import print_log

from ...errors import UsageError, needs_extra
from ..families import merge_qkv
from .graph import read_steps
from .vit import read_vit

EXTERNAL = 1  # onnx.TensorProto.EXTERNAL


def read_onnx(filename, device):
    """The weights of a Vision Transformer by following its graph, of which nothing is run.

    Exports lose names, transpose matrices and fold constants, so a tensor is known by what the graph does with it.

    Returns:
        dict: a checkpoint with ``state_dict`` and, in ``meta``, what the graph tells of the model.

    Raises:
        UsageError: onnx is not installed, weights in another file, or a graph of another architecture.
        ValueError: no ONNX file, or a damaged one.
    """
    with needs_extra('export', 'reading an ONNX file'):
        import onnx
        from google.protobuf.message import DecodeError
    try:
        graph = onnx.load(filename, load_external_data=False).graph
    except DecodeError:
        raise ValueError('damaged') from None
    if any(tensor.data_location == EXTERNAL for tensor in graph.initializer):
        raise UsageError(f'{filename} has its weights in a file beside it, and one file is read: load it with onnx and '
                         'save it again with save_as_external_data=False.')
    try:
        state, facts, resize = read_vit(read_steps(graph))
    except UsageError as error:
        raise UsageError(f'{filename}: {error}') from None
    if resize:
        print_log(f'{filename} resizes its position embeddings {resize}; here bicubic interpolation to a size does, so '
                  'that features of other image sizes than its own differ.', 'current', logging.WARNING)
    facts = {**_grid(graph, state), **facts}
    state = {name: torch.from_numpy(np.array(array, dtype='float32')).to(device) for name, array in state.items()}
    return dict(state_dict=merge_qkv(state), meta=dict(pretrained=dict(facts=facts)))


def _grid(graph, state):
    """The grid of the position embeddings where the file fixes the image size and they are made for it."""
    patch, positions = state['patch_embed.proj.weight'].shape[-1], state['pos_embed'].shape[1]
    for value in graph.input:
        sides = [side.dim_value // patch for side in value.type.tensor_type.shape.dim[2:]]
        if len(sides) == 2 and 0 not in sides and positions - sides[0] * sides[1] in (0, 1):
            return dict(grid=tuple(sides))
    return {}
