"""Checkpoint files: read without running what is in them, or refused in one sentence."""
import argparse
import json
import os
import pickle
import struct
import tokenize
import zipfile
import zlib
from http.client import HTTPException

import numpy as np
import torch
from mmengine.runner import CheckpointLoader
from safetensors import SafetensorError, safe_open
from safetensors.torch import load

from ..errors import UsageError, did_you_mean_beside
from .header import read_header, require_few
from .onnx import read_onnx

# What torch, numpy and their zip and pickle readers raise on damaged bytes.
DAMAGE = (RuntimeError, EOFError, OSError, ValueError, KeyError, IndexError, AttributeError, TypeError,
          AssertionError, ArithmeticError, MemoryError, ImportError, SyntaxError, struct.error, zlib.error,
          zipfile.BadZipFile, pickle.UnpicklingError, tokenize.TokenError, SafetensorError)
# Weights hardly compress, and small ones may all be zeros: what unpacks to more than these is not weights.
MOST_BYTES, MOST_TIMES = 64 * 2 ** 20, 10
PROGRAM = ("{} is a program of TorchScript, as OpenAI's files of CLIP are, and vpt_mm runs nothing from a file. If you "
           "trust its author, save its weights yourself: safetensors.torch.save_file({{key: one.contiguous() for key, "
           "one in torch.jit.load('model.pt', 'cpu').state_dict().items()}}, 'model.safetensors').")


def fetch(source, device='cpu', *, logger='silent'):
    """Load a checkpoint from wherever mmengine and this package know to: disk, an address, ``timm://`` and the like.

    Raises:
        UsageError: it can't be fetched, or as :func:`load_from_disk` says.
    """
    try:
        return CheckpointLoader.load_checkpoint(source, device, logger=logger)
    except UsageError:
        raise
    except (OSError, HTTPException, KeyError, ImportError, ValueError, pickle.UnpicklingError) as error:
        raise UsageError(f'no checkpoint could be fetched from {source} ({type(error).__name__}: {error}): check the '
                         'name, or fetch the file and give its path.') from None


def explain_absent(path):
    """Why there is no checkpoint at a path, and which command writes one."""
    makes = 'vpt-mm publish CHECKPOINT {} makes a task file of one' if path.endswith('.safetensors') else \
        'vpt-mm train CONFIG writes them into its work dir'
    return (f'no checkpoint at {path}.{did_you_mean_beside(path)} Put the file there, or correct the path; '
            f'{makes.format(path)}.')


@CheckpointLoader.register_scheme(prefixes='', force=True)
def load_from_disk(filename, map_location=None):
    """Load a PyTorch file (with ``weights_only=True``), safetensors, numpy's .npz or ONNX, told by their content.

    Returns:
        dict: a checkpoint as it was saved; ``state_dict`` and ``meta`` for safetensors and ONNX; for .npz, arrays as
        tensors.

    Raises:
        UsageError: no such file, empty, truncated, or with anything but tensors and plain data in it.
    """
    filename = os.path.expanduser(filename)
    if not os.path.isfile(filename):
        raise UsageError(explain_absent(filename))
    if not os.path.getsize(filename):
        raise UsageError(f'checkpoint {filename} is empty: fetch or write it again.')
    try:
        checkpoint = _reader(filename)(filename, map_location or 'cpu')
    except UsageError:
        raise
    except DAMAGE as error:
        if isinstance(error, torch.OutOfMemoryError):
            raise
        if 'unsupported global' in str(error).lower() or 'not an allowed global' in str(error):
            asked = str(error).split('GLOBAL ')[-1].split(' ')[0]
            raise UsageError(f'checkpoint {filename} is not loaded: it asks to run {asked}, and vpt_mm runs nothing '
                             'from a file. If you trust its author, load it yourself and save its state dict.'
                             ) from None
        raise UsageError(f'checkpoint {filename} is truncated or damaged, or not a file of PyTorch, safetensors, numpy '
                         'or ONNX: fetch or write it again.') from None
    _require_honest_size(sum(tensor.nbytes for tensor in _tensors(checkpoint)), filename)
    return _require_checkpoint(checkpoint, filename)


def load_bytes(content: bytes) -> dict:
    """Load a safetensors file that is in memory, such as a task file that was sent; returns what load_from_disk does.

    Raises:
        UsageError: another kind of file, or a damaged one.
    """
    if content[8:9] != b'{':
        raise UsageError('what was sent is not a safetensors file, as task files are: publish the task and send that.')
    try:
        state = load(content)
        header = json.loads(content[8:8 + int.from_bytes(content[:8], 'little')]).get('__metadata__', {})
        return _require_checkpoint(dict(state_dict=state, meta=read_header(header, state)), 'that was sent')
    except UsageError:
        raise
    except DAMAGE:
        raise UsageError('the file that was sent is truncated or damaged: publish the task again.') from None


def _reader(filename):
    """The function that reads this kind of file."""
    with open(filename, 'rb') as file:
        start = file.read(9)
    if start[8:9] == b'{':
        return read_safetensors
    if start[:1] == b'\x08':  # the first field of an ONNX model, its version
        return read_onnx
    if start.startswith(b'PK') and zipfile.is_zipfile(filename):
        with zipfile.ZipFile(filename) as archive:
            names = archive.namelist()
        if names and all(name.endswith('.npy') for name in names):
            return read_npz
    return read_torch


def read_torch(filename, device):
    if zipfile.is_zipfile(filename):
        with zipfile.ZipFile(filename) as archive:
            _require_honest_archive(archive, filename)
            if any(name.endswith('/constants.pkl') or '/code/' in name for name in archive.namelist()):
                raise UsageError(PROGRAM.format(filename))
    # Many releases keep their command-line options beside the weights.
    with torch.serialization.safe_globals([argparse.Namespace]):
        return torch.load(filename, map_location=device, weights_only=True)


def read_safetensors(filename, device):
    """``state_dict`` and ``meta``; the header of a task file or a converted one becomes ``meta``."""
    with safe_open(filename, framework='pt', device=str(device)) as file:
        header = file.metadata() or {}
        require_few(header, file.keys())
        state = {key: file.get_tensor(key) for key in file.keys()}
    return dict(state_dict=state, meta=read_header(header, state))


def read_npz(filename, device):
    """Arrays of numbers only: numpy runs pickles for others, and is told not to."""
    with np.load(filename, allow_pickle=False) as arrays:
        _require_honest_archive(arrays.zip, filename)
        _require_honest_arrays(arrays.zip)
        return {key: torch.from_numpy(arrays[key]).to(device) for key in arrays.files}


def _require_honest_archive(archive, filename):
    _require_honest_size(sum(entry.file_size for entry in archive.infolist()), filename)


def _require_honest_size(unpacked, filename):
    packed = os.path.getsize(filename)
    if unpacked > max(MOST_BYTES, MOST_TIMES * packed):
        raise UsageError(f'checkpoint {filename} of {packed / 1e6:,.1f} MB would unpack to {unpacked / 1e6:,.0f} MB, '
                         f'and weights do not: at most {MOST_TIMES} times the size is read. Save it again, with each '
                         'tensor as it is.')


def _require_honest_arrays(archive):
    for entry in archive.infolist():
        with archive.open(entry) as file:
            version = np.lib.format.read_magic(file)
            reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, _, kind = reader(file)
            if int(np.prod(shape, dtype=object)) * kind.itemsize > entry.file_size:
                raise ValueError('more values than bytes')


def _tensors(checkpoint):
    """Every plain tensor in dicts and lists, at any depth; one that is there twice counts twice."""
    left, seen = [checkpoint], set()
    while left:
        one = left.pop()
        if is_plain(one):
            yield one
        elif isinstance(one, (dict, list, tuple)) and id(one) not in seen:
            seen.add(id(one))
            left.extend(one.values() if isinstance(one, dict) else one)


def is_plain(value):
    """Whether this is a tensor whose values lie there one by one."""
    return isinstance(value, torch.Tensor) and value.layout == torch.strided and not value.is_quantized \
        and value.device.type != 'meta'


def _require_checkpoint(checkpoint, filename):
    """A dict whose state dicts are {name: tensor} and whose ``meta`` is a dict."""
    rule = None
    meta = checkpoint.get('meta', {}) if isinstance(checkpoint, dict) else {}
    if not isinstance(checkpoint, dict):
        rule = f'it is a {type(checkpoint).__name__}'
    elif not isinstance(meta, dict) or not all(
            isinstance(meta.get(name, {}), dict) for name in ('vpt_mm', 'pretrained')):
        rule = 'its meta is not a dict of dicts'
    else:
        for name in ('state_dict', 'ema_state_dict'):
            state = checkpoint.get(name, {})
            if not isinstance(state, dict) or not all(
                    isinstance(key, str) and is_plain(tensor) for key, tensor in state.items()):
                rule = f'its {name} is not a dict of plain tensors by name'
    if rule:
        raise UsageError(f'checkpoint {filename} must be a dict with tensors, but {rule}: save a state dict.')
    return checkpoint
