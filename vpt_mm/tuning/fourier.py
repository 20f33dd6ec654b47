"""FourierPrompt: VPT-deep of which some prompts are learned by their frequencies."""
from __future__ import annotations

import torch
from torch import Tensor, nn

from ..errors import UsageError
from .prompts import DeepPrompt
from .registry import TUNING_METHODS


@TUNING_METHODS.register_module()
class FourierPrompt(DeepPrompt):
    """Visual Fourier prompt tuning (Zeng et al. 2024, arXiv 2411.01327).

    In every block the first ``round(alpha * length)`` prompts are replaced by the real part of their Fourier transform
    over prompts and channels, without a normalisation; the others stay. They are otherwise as in ``DeepPrompt``, and so
    is the number of parameters: blocks * length * C. Dropout is of what enters the block.

    Args:
        alpha: share of a block's prompts that are transformed.
        others: as for ``DeepPrompt``.

    Raises:
        UsageError: an alpha outside (0, 1], or that transforms no prompt.
    """

    def __init__(self, length: int, *, alpha: float = 0.5, dropout: float = 0.) -> None:
        super().__init__(length, dropout=dropout)
        if isinstance(alpha, bool) or not isinstance(alpha, (int, float)) or not 0 < alpha <= 1:
            raise UsageError(f'FourierPrompt: alpha must be in (0, 1], got {alpha!r}.')
        self.alpha, self.transformed = float(alpha), round(alpha * length)
        if self.transformed == 0:
            raise UsageError(f'FourierPrompt: alpha={alpha!r} transforms none of {length} prompts: take at least '
                             f'{1 / length:.2g}, or DeepPrompt.')

    @torch.no_grad()
    def settled(self) -> DeepPrompt:
        """VPT-deep with what the transform gives: runtimes of graphs are less exact at it, or have none."""
        settled = DeepPrompt(self.length).eval()
        settled.prompted, settled.depths, settled.joining = self.prompted, self.depths, self.joining
        settled.set_stages([nn.Parameter(self.made_of(tokens, stage), requires_grad=False)
                            for stage, tokens in enumerate(self.stages)])
        return settled

    def made_of(self, tokens: Tensor, stage: int) -> Tensor:
        transformed = torch.fft.fft2(tokens[:, :self.transformed]).real  # of each block alone
        return torch.cat([transformed, tokens[:, self.transformed:]], dim=1)
