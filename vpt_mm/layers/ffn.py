"""ffn_branch(): what an FFN adds to its tokens."""
from __future__ import annotations

from typing import Any

from torch import Tensor


def ffn_branch(ffn: Any, tokens: Tensor) -> Tensor:
    """An FFN without its residual, which mmcv's would add in a pass of its own."""
    if hasattr(ffn, 'gamma2') and hasattr(ffn, 'layers'):  # mmcv's FFN
        return ffn.dropout_layer(ffn.gamma2(ffn.layers(tokens)))
    return ffn(tokens, identity=0.)
