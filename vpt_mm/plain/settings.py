"""settings_of(): the arguments that a backbone was built by, read off the backbone and proved by a twin."""
from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn

from ..errors import UsageError, line_of
from ..layers.norms import is_norm
from ..models.structure import first_conv
from ..models.weightless import build_weightless
from ..tasks.from_part import defaults_of

# What matters in training alone, or says where weights come from.
UNSAID = {'init_cfg', 'pretrained', 'frozen_stages', 'norm_eval', 'with_cp', 'drop_rate', 'drop_path_rate',
          'attn_drop_rate', 'zero_init_residual', 'convert_weights'}
INDIFFERENT = UNSAID | {'training', 'is_init', '_is_init', 'pretrain_img_size', 'pretrained_cfg', 'default_cfg',
                        'fused_attn', 'num_classes', 'grad_checkpointing', 'drop_probs', 'qk_scale'}
RANDOM = ('Dropout', 'DropPath', 'PatchDropout')  # classes of modules that do nothing at inference


def settings_of(module: nn.Module, *, kind: str) -> dict[str, Any]:
    """The arguments by which ``kind`` builds a backbone that computes what this one computes.

    They are read off the module, and proved: a twin that is built by them, without weights, has the same modules with
    the same plain attributes, and tensors of the same shapes.

    Args:
        module: a backbone of OpenMMLab's.
        kind: the name of its class with its scope, such as 'mmpretrain.VisionTransformer'.

    Raises:
        UsageError: they can't be read off; the message says where the twin differs.
    """
    given = _read(module)
    try:
        twin = build_weightless(dict(given, type=kind), scope=kind.partition('.')[0])
        difference = next(differences(module, twin), None)
    except Exception as error:  # whatever the class says
        difference = line_of(error)
    if difference is not None:
        raise UsageError(f'the arguments that this {kind} was built by can\'t be read off it ({difference}): say them, '
                         f"as adapt(dict(type='{kind}', ...), tuning, checkpoint=module.state_dict()).")
    return given


def differences(module: nn.Module, twin: nn.Module, *, without: str = '') -> Iterator[str]:
    """Where a module and its twin are not made alike, in words.

    Args:
        module: any one.
        twin: another.
        without: name of a part that may be another one.
    """
    ours, theirs = ({name: one for name, one in each.named_modules() if not without or name.split('.')[0] != without}
                    for each in (module, twin))
    yield from (f'{name} is in one of the two' for name in ours.keys() ^ theirs.keys())
    for name in ours.keys() & theirs.keys():
        one, other = ours[name], theirs[name]
        if type(one).__name__ in RANDOM or type(other).__name__ in RANDOM:
            continue
        if type(one).__name__ != type(other).__name__:
            yield f'{name} is a {type(one).__name__} here and a {type(other).__name__} there'
        here, there = _plain_attributes(one), _plain_attributes(other)
        yield from (f'{name}.{key} is {here.get(key)!r} here and {there.get(key)!r} there'.lstrip('.')
                    for key in sorted(here.keys() | there.keys()) if here.get(key) != there.get(key))
    state, own = module.state_dict(), twin.state_dict()
    yield from (f'the shape of {key}' for key in state.keys() | own.keys() if key.split('.')[0] != without
                and (key not in state or key not in own or state[key].shape != own[key].shape))


def _plain_attributes(module: nn.Module) -> dict[str, Any]:
    """Numbers, flags, words and sequences of those; what is private counts as well."""
    return {name: list(value) if isinstance(value, (tuple, list)) else value for name, value in vars(module).items()
            if name not in INDIFFERENT and _is_plain(value)}


def _is_plain(value: Any) -> bool:
    if isinstance(value, (tuple, list)):
        return all(_is_plain(one) for one in value)
    return isinstance(value, (int, float, str))


def _read(module: nn.Module) -> dict[str, Any]:
    """What is found of the arguments of its class; the others are taken to be at their defaults."""
    parameters = inspect.signature(type(module)).parameters
    usual = defaults_of(type(module))  # of its bases as well, to which it may hand what it doesn't name
    passes_on = any(one.kind is one.VAR_KEYWORD for one in parameters.values())
    names = [name for name, one in parameters.items() if one.kind is one.POSITIONAL_OR_KEYWORD]
    names += [name for name in usual if passes_on and name not in names]
    found: dict[str, Any] = {}
    for name in names:
        if name in UNSAID:
            continue
        value = READERS[name](module, usual.get(name)) if name in READERS else vars(module).get(name)
        if value is not None and (_is_plain(value) or isinstance(value, dict)):
            found[name] = list(value) if isinstance(value, tuple) and name in ('out_indices', 'depths') else value
    return {name: value for name, value in found.items() if name not in usual or value != usual[name]}


def _arch(module: nn.Module, usual: Any) -> Any:
    settings = vars(module).get('arch_settings')  # of the instance: the class may have a table of this name
    if isinstance(settings, dict):
        return settings
    own = vars(module)
    return dict(depths=own['depths'], channels=own['channels']) if {'depths', 'channels'} <= own.keys() else None


def _image_size(module: Any, usual: Any) -> Any:
    embed = getattr(module, 'patch_embed', None)
    size = getattr(embed, 'init_input_size', None) or getattr(module, 'img_size', None)
    if isinstance(size, (tuple, list)) and len(set(size)) == 1:
        return size[0]
    return size


def _patch(module: nn.Module, usual: Any) -> Any:
    conv = first_conv(module)
    return None if conv is None else int(conv.kernel_size[0])


def _norm(module: nn.Module, usual: Any) -> Any:
    eps = next((getattr(one, 'eps', None) for one in module.modules() if is_norm(one)), None)
    return usual if eps is None or not isinstance(usual, dict) or usual.get('eps', 1e-5) == eps else {
        **usual, 'eps': eps}


def _qkv_bias(module: nn.Module, usual: Any) -> Any:
    layers = [one for name, one in module.named_modules() if name.endswith('.qkv') and isinstance(one, nn.Linear)]
    return layers[0].bias is not None if layers else None


def _layer_scale(module: nn.Module, usual: Any) -> Any:
    """Whether there is one; its value is a weight."""
    there = any(name.endswith(('gamma', 'gamma1.weight')) and 'grn' not in name for name, _ in
                module.named_parameters())
    return (usual or 1e-5) if there else 0.


def _has(part: str) -> Callable[[nn.Module, Any], Any]:
    return lambda module, usual: any(name.endswith(part) for name, _ in module.named_modules())


def _first(name: str) -> Callable[[nn.Module, Any], Any]:
    """The first attribute of this name in a module, where the argument is a number."""
    return lambda module, usual: next((getattr(one, name) for one in module.modules() if name in vars(one)), None) \
        if isinstance(usual, int) else vars(module).get(name)


READERS: dict[str, Callable[[Any, Any], Any]] = dict(
    arch=_arch, img_size=_image_size, patch_size=_patch, stem_patch_size=_patch, norm_cfg=_norm, qkv_bias=_qkv_bias,
    layer_scale_init_value=_layer_scale, use_grn=_has('.grn'),
    in_channels=lambda module, usual: getattr(first_conv(module), 'in_channels', None),
    pre_norm=lambda module, usual: None if not hasattr(module, 'pre_norm') else not isinstance(
        module.pre_norm, (nn.Identity, bool)),
    linear_pw_conv=lambda module, usual: next((isinstance(one, nn.Linear) for name, one in module.named_modules()
                                               if name.endswith('.pointwise_conv1')), None),
    num_heads=_first('num_heads'), embed_dims=_first('embed_dims'),
    num_layers=lambda module, usual: len(module.layers) if isinstance(usual, int) and isinstance(
        getattr(module, 'layers', None), nn.ModuleList) else vars(module).get('num_layers'),
    window_size=lambda module, usual: next((_side(one.window_size) for one in module.modules()
                                            if hasattr(one, 'window_size')), None))


def _side(size: Any) -> int:
    return int(size) if isinstance(size, (int, torch.Tensor)) else int(size[0])
