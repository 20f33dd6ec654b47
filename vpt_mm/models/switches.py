"""Whether, and how, what was learned takes part in passes: merged into the weights, and out again; or not at all."""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from torch import Tensor, nn

from ..errors import UsageError
from ..tuning.composed import methods_of
from ..tuning.method import TuningMethod


class Before(NamedTuple):
    """A module as it was before a merge.

    Attributes:
        parameters: by name, with their values; those values lie on in memory, since a merge puts others in their place.
        buffers: by name.
        changes: what was added to a layer's outputs, and what scaled them.
    """

    parameters: dict[str, tuple[nn.Parameter | None, Tensor | None]]
    buffers: dict[str, Tensor | None]
    changes: dict[str, tuple[Any, ...]]


def merge(backbone: Any) -> None:
    """Put what was learned into the backbone's own weights: passes then cost what the plain backbone's do.

    Args:
        backbone: with a tuning method (:class:`~vpt_mm.models.tunable.Tunable`).

    Raises:
        UsageError: it is merged already, or what was learned has no place there; then nothing has changed.
    """
    if backbone.merged is not None:
        raise UsageError('what was learned is merged already: unmerge() takes it out again.')
    for method in methods_of(backbone.tuning):
        if type(method).merge_into is TuningMethod.merge_into:
            method.merge_into(backbone.host)  # which does nothing, or says why that can't be
    before = {module: _remember(module) for module in _own_modules(backbone)}
    backbone.tuning.merge_into(backbone.host)
    backbone.merged = before
    backbone.kept.clear()


def unmerge(backbone: Any) -> None:
    """Undo :func:`merge`, to the bit.

    Raises:
        UsageError: nothing is merged.
    """
    if backbone.merged is None:
        raise UsageError('nothing is merged: merge() comes first.')
    device = next(backbone.parameters()).device
    for module, before in backbone.merged.items():
        module._parameters.clear()
        for name, (parameter, values) in before.parameters.items():
            if parameter is not None and values is not None:
                parameter.data = values.to(device)
            module._parameters[name] = parameter
        module._buffers.clear()
        module._buffers.update({name: None if one is None else one.to(device) for name, one in before.buffers.items()})
        vars(module).update(before.changes)
    backbone.merged = None
    backbone.kept.clear()


@contextmanager
def disabled(backbone: Any) -> Iterator[None]:
    """Context in which the backbone computes what it was pretrained for, without gradients.

    Raises:
        UsageError: what was learned is merged.
    """
    if backbone.merged is not None:
        raise UsageError('what was learned is merged into the weights: unmerge() first.')
    was, backbone.disabled = backbone.disabled, True
    try:
        yield
    finally:
        backbone.disabled = was


def _own_modules(backbone: Any) -> list[nn.Module]:
    """The modules of a backbone but for those of its tuning method."""
    learned = {id(module) for module in backbone.tuning.modules()}
    return [module for module in backbone.modules() if id(module) not in learned]


def _remember(module: nn.Module) -> Before:
    return Before({name: (one, None if one is None else one.data) for name, one in module._parameters.items()},
                  dict(module._buffers),
                  {name: vars(module)[name] for name in ('updates', 'scalings') if name in vars(module)})
