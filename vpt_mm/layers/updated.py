"""Updated layers: a frozen layer, and what a tuning method adds to its outputs."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from ..mixin import Mixin

MMCV_CONV = 'mmcv.cnn.bricks.wrappers.Conv2d'  # a convolution that also takes empty inputs
OFF: ContextVar[bool] = ContextVar('updates_off', default=False)  # for this thread


@contextmanager
def updates_off() -> Iterator[None]:
    """Context in which updated layers compute what they did before."""
    token = OFF.set(True)
    try:
        yield
    finally:
        OFF.reset(token)


class UpdatedLinear(nn.Linear):
    """Takes a linear layer's place, with its very parameters and its keys in the state dict.

    ``updates`` are functions of the layer's inputs and the rows wanted, and ``scalings`` of its outputs, updates
    included, and those rows; they stand in tuples, so that their parameters belong to the tuning method alone. Copying
    the backbone copies both together.

    Args:
        layer: the linear layer, which may be an updated one.
        update: what is added to its outputs.
        scaling: what becomes of them.
    """

    def __init__(self, layer: nn.Linear, update: Callable[..., Tensor] | None = None,
                 scaling: Callable[..., Tensor] | None = None) -> None:
        super().__init__(layer.in_features, layer.out_features, bias=layer.bias is not None, device='meta')
        self.weight, self.bias = layer.weight, layer.bias
        self.updates, self.scalings = _joined(layer, update, scaling)

    def forward(self, inputs: Tensor) -> Tensor:
        return linear_rows(self, inputs)


class UpdatedConv(nn.Conv2d):
    """Takes a convolution's place in the same way; its update is a function of the layer and its inputs."""

    def __init__(self, layer: nn.Conv2d, update: Callable[[nn.Conv2d, Tensor], Tensor] | None = None,
                 scaling: Callable[..., Tensor] | None = None) -> None:
        size: Any = dict(kernel_size=layer.kernel_size, stride=layer.stride, padding=layer.padding,
                         dilation=layer.dilation)
        super().__init__(layer.in_channels, layer.out_channels, **size, groups=layer.groups,
                         bias=layer.bias is not None, padding_mode=layer.padding_mode, device='meta')
        self.weight, self.bias = layer.weight, layer.bias
        self.updates, self.scalings = _joined(layer, update, scaling)

    def forward(self, inputs: Tensor) -> Tensor:
        outputs = super().forward(inputs)
        for update in updates_of(self):
            outputs = outputs + update(self, inputs).to(outputs.dtype)
        for scaling in scalings_of(self):
            outputs = scaling(outputs, dim=1)
        return outputs


class ScaledNorm(Mixin):
    """Mixin in front of a norm's class, with ``scalings`` of its outputs."""

    scalings: tuple[Any, ...]

    def forward(self, inputs: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        outputs: Tensor = super().forward(inputs, *args, **kwargs)
        maps = isinstance(self, (nn.GroupNorm, _NormBase)) or '2d' in type(self).__name__
        last = not maps or kwargs.get('data_format') == 'channel_last'  # an argument of mmpretrain's LayerNorm2d
        for scaling in scalings_of(self):
            outputs = scaling(outputs, dim=-1 if last else 1)
        return outputs


def scale_norm(norm: Any, scaling: Callable[..., Tensor]) -> None:
    """Scale the outputs of a norm, whose parameters, keys and name stay."""
    norm.__class__, norm.scalings = _scaled(cast(Any, type(norm))), (scaling,)


@cache
def _scaled(kind: Any) -> Any:
    return type(kind.__qualname__, (ScaledNorm, kind), dict(__module__=kind.__module__, __doc__=kind.__doc__))


def _joined(layer: nn.Module, update: Any, scaling: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Updates and scalings of a layer, and others behind them."""
    return ((*getattr(layer, 'updates', ()), *([] if update is None else [update])),
            (*getattr(layer, 'scalings', ()), *([] if scaling is None else [scaling])))


def is_plain_conv(layer: nn.Module) -> bool:
    """Whether it is a convolution that pads with zeros and computes nothing else: an updated one can take its place."""
    own = type(layer) in (nn.Conv2d, UpdatedConv) or f'{type(layer).__module__}.{type(layer).__name__}' == MMCV_CONV
    return own and getattr(layer, 'padding_mode', '') == 'zeros'


def linear_rows(layer: Any, inputs: Tensor, rows: slice = slice(None), *, bias: Tensor | None = None) -> Tensor:
    """(..., in) to (..., rows): some of a linear layer's outputs, updates included; ``bias`` of one that has none."""
    weight, bias = layer.weight, layer.bias if bias is None else bias
    if rows != slice(None):  # a slice would be cast anew under autocast, which casts whole weights once
        weight, bias = weight[rows], None if bias is None else bias[rows]
    outputs = F.linear(inputs, weight, bias)
    for update in updates_of(layer):
        outputs = outputs + update(inputs, rows).to(outputs.dtype)
    for scaling in scalings_of(layer):
        outputs = scaling(outputs, rows=rows)
    return outputs


def pointwise(conv: nn.Conv2d, tokens: Tensor) -> Tensor:
    """(B, N, C) to (B, N, C') through a convolution of one place, updates included."""
    outputs = F.linear(tokens, conv.weight.flatten(1), conv.bias)
    for update in updates_of(conv):
        outputs = outputs + update(conv, tokens.transpose(1, 2)[..., None])[..., 0].transpose(1, 2).to(outputs.dtype)
    for scaling in scalings_of(conv):
        outputs = scaling(outputs)
    return outputs


def updates_of(layer: nn.Module) -> tuple[Any, ...]:
    """What is added to a layer's outputs now; a compiled graph is never one of :func:`updates_off`."""
    off = not torch.compiler.is_compiling() and OFF.get()
    return () if off else getattr(layer, 'updates', ())


def scalings_of(layer: nn.Module) -> tuple[Any, ...]:
    """What becomes of a layer's outputs now, in the same way."""
    off = not torch.compiler.is_compiling() and OFF.get()
    return () if off else getattr(layer, 'scalings', ())


def is_updated(layer: nn.Module) -> bool:
    """Whether a layer computes something else than before."""
    return bool(getattr(layer, 'updates', ()) or getattr(layer, 'scalings', ()))


def weights_of(layer: nn.Module) -> list[Tensor]:
    """All parameters that a layer computes with."""
    changes = (*updates_of(layer), *scalings_of(layer))
    return [*layer.parameters(), *(weight for change in changes for weight in change.parameters())]
