"""SSF: the outputs of frozen layers and norms are scaled and shifted."""
from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ..layers.norms import is_norm
from ..layers.updated import UpdatedConv, UpdatedLinear, scale_norm
from .host import Host
from .lora import merge_updates, updatable
from .method import TuningMethod
from .registry import TUNING_METHODS


@TUNING_METHODS.register_module()
class SSF(TuningMethod):
    """Scale and shift behind every linear layer, convolution and norm (Lian et al., arXiv 2210.08823): g * y + b.

    Two parameters for each channel that comes out; layers without a bias are scaled alone. g starts at one and b at
    zero: the backbone starts as it was. They can be merged into its weights. Stand-alone parameters, depth-wise
    convolutions and layers whose biases are such parameters stay as they are.
    """

    part = 'scales and shifts'

    @classmethod
    def misfit(cls, backbone: Host) -> str:
        return '' if updatable(backbone) else 'which has no layers that can be scaled'

    def build_for(self, backbone: Host) -> None:
        unread = {id(inner) for module in backbone.unread for inner in module.modules()}
        biased = {id(child) for module in backbone.modules() if getattr(module, 'q_bias', None) is not None
                  for child in module.children()}  # by parameters beside the layer
        layers = {name: layer for name, layer in updatable(backbone).items() if id(layer) not in unread
                  and (layer.bias is not None or id(layer) not in biased)}
        norms: dict[str, Any] = {name: module for name, module in backbone.named_modules()
                                 if is_norm(module) and module.weight is not None and id(module) not in unread}
        self.pairs = nn.ModuleDict({
            name.replace('.', '_'): ScaleShift(len(layer.weight), getattr(layer, 'bias', None) is not None)
            for name, layer in {**layers, **norms}.items()})
        for name, norm in norms.items():
            scale_norm(norm, self.pairs[name.replace('.', '_')])
        for name, layer in layers.items():
            parent, _, child = name.rpartition('.')
            kind: Any = UpdatedLinear if isinstance(layer, nn.Linear) else UpdatedConv
            setattr(backbone.get_submodule(parent), child, kind(layer, scaling=self.pairs[name.replace('.', '_')]))

    def merge_into(self, backbone: Host) -> None:
        scaled: list[Any] = [module for module in backbone.modules() if getattr(module, 'scalings', ())]
        for module in scaled:
            if getattr(module, 'updates', ()):
                merge_updates(module)
            for scaling in module.scalings:
                weight, bias = module.weight.data, getattr(module, 'bias', None)
                module.weight.data = weight * scaling.scale.detach().view(-1, *[1] * (weight.dim() - 1))
                if bias is not None:
                    bias.data = bias.data * scaling.scale.detach() + scaling.shift.detach()
            module.scalings = ()


class ScaleShift(nn.Module):
    """Outputs to the same, scaled and shifted along a dimension."""

    def __init__(self, width: int, shifts: bool) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(width))
        self.shift = nn.Parameter(torch.zeros(width)) if shifts else None

    def forward(self, outputs: Tensor, *, rows: slice = slice(None), dim: int = -1) -> Tensor:
        scale, shift = self.scale[rows], None if self.shift is None else self.shift[rows]
        if dim == 1:
            scale, shift = scale[:, None, None], None if shift is None else shift[:, None, None]
        return (outputs * scale if shift is None else torch.addcmul(shift, outputs, scale)).to(outputs.dtype)
