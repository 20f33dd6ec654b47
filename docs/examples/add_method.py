"""A tuning method: a scale and a shift for each channel behind every FFN (after SSF, Lian et al. 2022)."""
import torch
from torch import nn

from vpt_mm.tuning import TUNING_METHODS, TuningMethod


@TUNING_METHODS.register_module()
class ScaleShift(TuningMethod):
    """Scales start at one and shifts at zero: the backbone starts as it was.

    Args:
        shift: learn shifts beside the scales.
    """

    part = 'scales and shifts'  # label of the learned part in reports

    def __init__(self, *, shift=True):
        super().__init__()
        self.shift = shift

    def build_for(self, backbone):
        self.scales = nn.ParameterList(torch.ones(width) for width in backbone.block_widths)
        if self.shift:
            self.shifts = nn.ParameterList(torch.zeros(width) for width in backbone.block_widths)

    def after_ffn(self, branch, tokens, place, memory):
        """What a block's FFN adds to the tokens, (..., C)."""
        branch = branch * self.scales[place.block].to(branch.dtype)
        return branch + self.shifts[place.block].to(branch.dtype) if self.shift else branch
