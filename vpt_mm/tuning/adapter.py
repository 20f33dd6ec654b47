"""Adapters: small layers inside every block that start as the identity."""
from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from ..errors import UsageError
from .host import Host
from .method import Memory, Place, TuningMethod
from .registry import TUNING_METHODS


@TUNING_METHODS.register_module()
class Adapter(TuningMethod):
    """A bottleneck after the FFN of every block, before its residual (Houlsby et al. 2019, Pfeiffer et al. 2020).

    In a ConvNet it stands at the end of the branch of every residual block, on the channels of each place: two 1x1
    convolutions. The projection down starts at random and the one up at zero: the backbone starts as it was, and both
    can learn.

    Args:
        reduction: the bottleneck is the width of what the block adds divided by this, rounded down.

    Raises:
        UsageError: a reduction that is not a whole number of at least 1, or leaves the narrowest block no width.
    """

    part = 'adapters'

    def __init__(self, reduction: int) -> None:
        super().__init__()
        self.check_count('reduction', reduction)
        self.reduction = reduction

    def build_for(self, backbone: Host) -> None:
        widths = backbone.branch_widths
        narrowest = min(widths.values())
        if self.reduction > narrowest:
            raise UsageError(f'Adapter: reduction must be 1..{narrowest}, the width of the narrowest block of '
                             f'{backbone.title}, got {self.reduction}.')
        self.blocks = nn.ModuleDict({str(block): Bottleneck(width, width // self.reduction)
                                     for block, width in widths.items()})

    def after_ffn(self, branch: Tensor, tokens: Tensor, place: Place, memory: Memory) -> Tensor:
        return branch + self.blocks[str(place.block)](branch).to(branch.dtype)


class Bottleneck(nn.Module):
    """(..., width) to (..., width) through ``hidden`` channels."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.down, self.up = nn.Linear(width, hidden), nn.Linear(hidden, width)
        nn.init.xavier_uniform_(self.down.weight)
        for tensor in (self.down.bias, self.up.weight, self.up.bias):
            nn.init.zeros_(tensor)

    def forward(self, branch: Tensor) -> Tensor:
        return self.up(F.gelu(self.down(branch.to(self.down.weight.dtype))))
