"""A tuning method: a scale and a shift for each channel behind every FFN (after SSF, Lian et al. 2022)."""
import torch
from mmengine.registry import MODELS
from torch import nn

from vpt_mm.tuning import TuningMethod


@MODELS.register_module()
class ScaleShift(TuningMethod):
    """Scales start at one and shifts at zero: the backbone starts as it was.

    Args:
        shift: learn shifts beside the scales.
    """

    part = 'scales and shifts'  # how reports call what it learns

    def __init__(self, *, shift=True):
        super().__init__()
        self.shift = shift

    def build_for(self, backbone):
        self.scales = nn.ParameterList(torch.ones(width) for width in backbone.block_widths)
        if self.shift:
            self.shifts = nn.ParameterList(torch.zeros(width) for width in backbone.block_widths)

    def adapt(self, branch, block):
        """The output of this block's FFN, (..., C), before its residual."""
        branch = branch * self.scales[block].to(branch.dtype)
        return branch + self.shifts[block].to(branch.dtype) if self.shift else branch
