"""Output: where in a backbone an output is read, and in which form."""
from __future__ import annotations

from typing import NamedTuple


class Output(NamedTuple):
    """An output of the walk.

    Attributes:
        index: block of a ViT, or stage of a Swin, that it comes from.
        form: a ViT's ``out_type``; empty for backbones that give maps.
        normed: whether it has passed the final norm of a ViT.
    """

    index: int
    form: str = ''
    normed: bool = False
