"""The frozen weights of a model: which they are, whether they are all there, and their fingerprint."""
from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from ..errors import UsageError, some
from ..weights.fingerprint import fingerprint
from ..weights.state import describe_unfit, not_finite
from .openmmlab import swaps_channels, unwrap
from .tunable import Tunable


def prompted_backbones(model: nn.Module) -> dict[str, Any]:
    """{prefix: backbone} of all backbones with a tuning method; ``prefix`` ends with a dot, or is empty."""
    return {f'{name}.' if name else '': module for name, module in unwrap(model).named_modules()
            if isinstance(module, Tunable) and module.tuning is not None}


def frozen_keys(model: nn.Module) -> list[str]:
    """State-dict keys of all that is frozen in the model."""
    return [prefix + key for prefix, backbone in prompted_backbones(model).items() for key in backbone.frozen_keys]


def sourced_keys(model: nn.Module) -> set[str]:
    """The frozen keys that ``init_cfg`` can load again, so that a checkpoint need not hold them.

    Integer buffers, such as window indices, are computed at construction and count as sourced.
    """
    return {prefix + key for prefix, backbone in prompted_backbones(model).items()
            for key in backbone.frozen_keys if key in backbone.sourced or key not in backbone.frozen_weights}


def frozen_weights(model: nn.Module) -> dict[str, Tensor]:
    """{key: tensor} of the model's frozen floating-point tensors."""
    return {prefix + key: tensor for prefix, backbone in prompted_backbones(model).items()
            for key, tensor in backbone.frozen_weights.items()}


def require_pretrained(model: nn.Module) -> None:
    """Raise UsageError unless every frozen tensor came from a checkpoint and is finite."""
    for backbone in prompted_backbones(model).values():
        weights = backbone.frozen_weights
        absent = [key for key in weights if key not in backbone.loaded]
        if absent:
            raise UsageError(_explain_absent(backbone, absent, len(weights)))
        broken = not_finite(weights)
        if broken:
            raise UsageError(f'a frozen backbone needs finite weights; NaN or infinite values in {some(broken)}.')


def _explain_absent(backbone: Tunable, absent: list[str], total: int) -> str:
    name = type(backbone).__name__
    unfit = describe_unfit({key: shapes for key, shapes in backbone.unfit.items() if key in absent})
    source = backbone.pretrained_source
    lines = [f'a frozen backbone needs pretrained weights: {len(absent)} of the {total} frozen tensors of '
             f'{name} got none: {some(absent)}.']
    if unfit:
        lines.append(f'Of another shape: {some(unfit)}.')
    if source:
        lines.append(f'They were expected in {source}: check that it holds this architecture, and the '
                     "`prefix` of init_cfg ('backbone.' for files of whole models).")
    else:
        lines.append("Set init_cfg=dict(type='Pretrained', checkpoint=...) on the backbone, or load_from.")
    lines.append('To train on random frozen weights all the same, set allow_random_backbone=True in '
                 'FreezeBackboneHook.')
    return '\n'.join(lines)


def fingerprint_of(model: Any) -> str:
    """:func:`fingerprint` of a model's frozen weights, computed again only after autograd saw them written to."""
    model, weights = unwrap(model), frozen_weights(model)
    versions = versions_of(model)
    if getattr(model, '_known_fingerprint', (None,))[0] != versions:
        model._known_fingerprint = versions, fingerprint(weights)
    return str(model._known_fingerprint[1])


def versions_of(model: nn.Module) -> dict[str, tuple[int, int]]:
    """{key: address and count of the in-place writes} of the frozen weights, which costs next to nothing to read."""
    return {key: (tensor.data_ptr(), tensor._version) for key, tensor in frozen_weights(model).items()}


def base_names(model: nn.Module) -> dict[str, str]:
    """{prefix: checkpoint that ``init_cfg`` names} of the backbones whose frozen weights all came from there."""
    return {prefix: str(backbone.pretrained_source) for prefix, backbone in prompted_backbones(model).items()
            if backbone.pretrained_source and set(backbone.frozen_weights) <= backbone.sourced}


def require_normalization(model: nn.Module) -> None:
    """Raise UsageError where images are normalised otherwise than for pretraining, as far as that is known."""
    model = unwrap(model)
    for backbone in prompted_backbones(model).values():
        for name in ('mean', 'std'):
            needed = [round(255 * value, 3) for value in backbone.facts.get(name, ())]
            given = getattr(getattr(model, 'data_preprocessor', None), name, None)
            given = [] if given is None else given.flatten().tolist()
            # Half of one of 255 levels: configs round these numbers.
            if needed and given and any(abs(ours - theirs) > 0.5 for ours, theirs in zip(given, needed)):
                raise UsageError(
                    f'{backbone.pretrained_source} was trained on images with {name} {needed}, but the '
                    f'data_preprocessor has {given}: set {name}={needed} there, or allow_other_normalization=True '
                    'in FreezeBackboneHook.')
        if needed and given and not swaps_channels(model.data_preprocessor):
            raise UsageError(
                f'{backbone.pretrained_source} was trained on RGB, and OpenMMLab loads images as BGR: set '
                'bgr_to_rgb=True (in mmpretrain to_rgb=True) in the data_preprocessor, or '
                'allow_other_normalization=True in FreezeBackboneHook.')


def restore_from_source(model: nn.Module) -> None:
    """Load the frozen weights from ``init_cfg`` where that was not done yet (``Runner.test`` never does)."""
    for backbone in prompted_backbones(model).values():
        if not backbone.loaded and backbone.init_cfg:
            backbone.init_weights()
