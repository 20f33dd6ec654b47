"""build_weightless(): a model whose tensors have shapes and neither values nor memory."""
from __future__ import annotations

from typing import Any

import torch
from mmengine.registry import MODELS, DefaultScope
from torch import nn
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.overrides import TorchFunctionMode


class _Rates(TorchFunctionMode):
    """Keeps the rates of stochastic depth, which models read while they are built, off the meta device."""

    def __torch_function__(self, function: Any, types: Any, args: tuple[Any, ...] = (),
                           kwargs: dict[str, Any] | None = None) -> Any:
        if function is torch.linspace:
            kwargs = {**(kwargs or {}), 'device': 'cpu'}
        return function(*args, **(kwargs or {}))


def build_weightless(model: Any, *, scope: str | None = None) -> Any:
    """A model on torch's meta device.

    Args:
        model: its config.
        scope: default scope to build it in; that which holds, if there is one, by default.
    """
    with DefaultScope.overwrite_default_scope(scope), torch.device('meta'), _Rates():
        return MODELS.build(model)


def give_shape(model: nn.Module, mode: FakeTensorMode) -> None:
    """Replace meta tensors, in place, by fake CPU tensors: they know what a CPU's kernels would return.

    Args:
        model: as :func:`build_weightless` returns it.
        mode: torch's ``FakeTensorMode``, within which the model can then be called.
    """
    known = {}
    for module in model.modules():
        for store in (module._parameters, module._buffers):
            for name, tensor in store.items():
                if tensor is not None and id(tensor) not in known:
                    shaped = FakeTensor(mode, tensor.detach(), torch.device('cpu'))
                    known[id(tensor)] = shaped if not isinstance(tensor, nn.Parameter) else \
                        nn.Parameter(shaped, requires_grad=tensor.requires_grad)
                store[name] = None if tensor is None else known[id(tensor)]


def has_values(model: nn.Module) -> bool:
    """Whether the tensors of a model are more than shapes."""
    return not any(weight.is_meta or isinstance(weight, FakeTensor) for weight in model.parameters())
