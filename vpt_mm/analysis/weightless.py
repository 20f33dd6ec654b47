"""build_weightless(): a model whose weights take neither time nor memory, to count them."""
import torch
from mmengine.registry import MODELS, DefaultScope
from torch.overrides import TorchFunctionMode


class _Rates(TorchFunctionMode):
    """Keeps the rates of stochastic depth, which models read while they are built, off the meta device."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        if function is torch.linspace:
            kwargs = {'device': 'cpu', **(kwargs or {})}
        return function(*args, **(kwargs or {}))


def build_weightless(config):
    """The model of a config on torch's meta device: every shape is there, no value is.

    Args:
        config: mmengine ``Config`` with ``model`` and, if need be, ``default_scope``.
    """
    with DefaultScope.overwrite_default_scope(config.get('default_scope', 'mmengine')):
        with torch.device('meta'), _Rates():
            return MODELS.build(config.model)
