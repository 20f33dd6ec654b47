"""Prompts as the papers draw them: what a benchmark compares with. Results are those of our backbones."""
from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ..tuning.method import Memory, Place, TuningMethod


class Prepended(TuningMethod):
    """VPT with its prompts among the tokens of every block, which pass through all of it (Jia et al. 2022, eq. 4 to 8).

    They stand at the end: attention does not know an order.

    Args:
        tuning: ``DeepPrompt`` with prompts in every block, or ``ShallowPrompt``, whose prompts these are.
    """

    def __init__(self, tuning: TuningMethod) -> None:
        super().__init__()
        self.tuning = tuning

    def begin(self, inputs: Tensor, backbone: Any, **given: Any) -> Memory:
        return self.tuning.begin(inputs, backbone, **given)

    def before(self, tokens: Tensor, place: Place, memory: Memory) -> Tensor:
        prompts = self.tuning.prompts(place, memory)
        if prompts is None:
            return self.tuning.before(tokens, place, memory)
        prompts = prompts.expand(len(tokens), -1, -1).to(tokens.dtype)
        return torch.cat([tokens[:, :place.count], prompts], dim=1)  # those of the block before are thrown away


class Literal(nn.Module):
    """A backbone whose prompts are :class:`Prepended`."""

    def __init__(self, model: Any, plain: nn.Module) -> None:
        super().__init__()
        self.model, self.prepended = model, Prepended(model.tuning)

    def forward(self, image: Tensor) -> tuple:
        return self.model.run(image, self.prepended)


class Padded(nn.Module):
    """The plain ConvNet on the framed image.

    Args:
        model: a backbone with ``PixelPadPrompt``, whose frame it uses.
        plain: mmpretrain's own class with the same weights.
    """

    def __init__(self, model: Any, plain: nn.Module) -> None:
        super().__init__()
        self.tuning, self.plain = model.tuning, plain

    def forward(self, image: Tensor) -> tuple:
        return self.plain(self.tuning.enter(image, {}))
