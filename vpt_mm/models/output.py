"""Output: where in a backbone an output is read, and in which form."""
from __future__ import annotations

from typing import Any, NamedTuple

from torch import Tensor
from torch.utils._pytree import tree_leaves


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


def feature_of(outputs: Any, *, class_token: bool) -> Tensor:
    """(B, C) of what a backbone gives last: a feature as it is, a map (B, C, h, w) by its mean.

    Of tokens (B, N, C) it is the first where that is a class token, else their mean.
    """
    last: Tensor = tree_leaves(outputs)[-1]
    if last.dim() == 3:
        return last[:, 0] if class_token else last.mean(dim=1)
    return last.flatten(2).mean(dim=2) if last.dim() > 2 else last
