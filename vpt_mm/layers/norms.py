"""is_norm(): which modules normalise."""
from torch import nn
from torch.nn.modules.batchnorm import _NormBase

NORMS = (nn.LayerNorm, nn.GroupNorm, _NormBase)


def is_norm(module: nn.Module) -> bool:
    """Whether a module normalises, by its class or, for a library's own, by its name and its one-dimensional scale."""
    weight = getattr(module, 'weight', None)
    named = 'Norm' in type(module).__name__ and isinstance(weight, nn.Parameter) and weight.dim() == 1
    return isinstance(module, NORMS) or named
