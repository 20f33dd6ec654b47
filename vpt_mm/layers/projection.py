"""project_prompts(): prompts of all blocks to keys and values, in one product for those of a shape."""
from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .kept import Kept
from .precision import autocast_dtype
from .updated import linear_rows, updates_of, weights_of


class Projection:
    """What a block does to its tokens before they meet: a norm, and a linear layer for queries, keys and values.

    Args:
        norm: of C channels.
        qkv: from C to 3C channels; the last 2C are keys and values.
    """

    def __init__(self, norm: Any, qkv: nn.Linear) -> None:
        self.norm, self.qkv = norm, qkv

    @property
    def weights(self) -> list[Tensor]:
        return [*self.norm.parameters(), *weights_of(self.qkv)]

    @property
    def is_plain(self) -> bool:
        """Whether it is a layer norm and a linear layer that nothing trains or updates."""
        return (type(self.norm) is nn.LayerNorm and self.norm.elementwise_affine and len(updates_of(self.qkv)) == 0
                and not any(weight.requires_grad for weight in self.weights))

    def alike(self) -> tuple[Any, ...]:
        """What projections must have in common to be stacked."""
        return self.norm.normalized_shape, self.norm.eps, self.qkv.bias is None, self.qkv.weight.dtype

    def __call__(self, prompts: Tensor) -> Tensor:
        """(B, P, C) to keys and values (B, P, 2, C)."""
        inner = self.norm(prompts.to(self.qkv.weight.dtype))
        return linear_rows(self.qkv, inner, slice(prompts.shape[-1], None)).unflatten(-1, (2, -1))


def project_prompts(prompts: Sequence[Tensor | None], projections: Sequence[Projection], *,
                    kept: Kept) -> list[Tensor | None]:
    """Keys and values of the prompts of all blocks.

    A block's prompts are a handful of tokens, whose norm and projection a GPU starts more slowly than it computes them.
    Those of blocks of one shape are therefore computed together, by the blocks' weights side by side.

    Args:
        prompts: for each block (P, C), (B, P, C) where images differ, or None.
        projections: of each block.
        kept: where weights that lie side by side are kept for the next pass, if that needs them again.

    Returns:
        For each block (1 or B, P, 2, C), or None.
    """
    seen: list[Tensor | None] = [None] * len(prompts)
    groups: dict[tuple[Any, ...], list[int]] = {}
    for block, (given, projection) in enumerate(zip(prompts, projections)):
        if given is None:
            continue
        if projection.is_plain:
            groups.setdefault((given.shape, projection.alike()), []).append(block)
        else:
            seen[block] = projection(given if given.dim() == 3 else given[None])
    for number, blocks in enumerate(groups.values()):
        stack = [given for block in blocks if (given := prompts[block]) is not None]
        made = _project_stack(stack, [projections[block] for block in blocks], (number, *blocks), kept)
        for block, pairs in zip(blocks, made):
            seen[block] = pairs
    return seen


def _project_stack(prompts: list[Tensor], projections: list[Projection], name: tuple[int, ...],
                   kept: Kept) -> Sequence[Tensor]:
    stacked = torch.stack(prompts)  # (L, [B,] P, C)
    stacked = stacked if stacked.dim() == 4 else stacked[:, None]
    dtype = _computed_in(projections[0].qkv.weight)
    make = partial(_stack_weights, projections, dtype)
    frozen = [weight for projection in projections for weight in projection.weights]
    lasting = torch.is_grad_enabled() or prompts[0].dim() == 3  # else their keys and values are kept
    with torch.no_grad():
        scale, shift, weight, bias = (kept.get(('weights', *name), make, frozen=frozen, given=dtype) if lasting
                                      else make())
    width, eps = stacked.shape[-1], projections[0].norm.eps
    exact = torch.promote_types(stacked.dtype, torch.promote_types(dtype, torch.float32))
    inner = torch.addcmul(shift, F.layer_norm(stacked.to(exact), (width,), eps=eps).flatten(1, 2), scale).to(dtype)
    pairs = torch.bmm(inner, weight) if bias is None else torch.baddbmm(bias, inner, weight)  # (L, B * P, 2C)
    return pairs.view(*stacked.shape[:3], 2, width).unbind(0)


def _stack_weights(projections: list[Projection], dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
    """Scales and shifts (L, 1, C) of the norms, weights (L, C, 2C) and biases (L, 1, 2C) of keys and values."""
    norms, layers = [one.norm for one in projections], [one.qkv for one in projections]
    width = layers[0].in_features
    wide = torch.promote_types(norms[0].weight.dtype, torch.float32)
    scale, shift = (torch.stack(several)[:, None].to(wide)
                    for several in zip(*((norm.weight, norm.bias) for norm in norms)))
    weight = torch.stack([layer.weight[width:].t() for layer in layers]).to(dtype)
    bias = None if layers[0].bias is None else torch.stack([layer.bias[width:] for layer in layers])[:, None].to(dtype)
    return scale, shift, weight, bias


def _computed_in(weight: Tensor) -> torch.dtype:
    """The type that products with a weight are computed in."""
    wide = weight.dtype == torch.float64  # which autocast leaves alone
    return weight.dtype if wide else autocast_dtype(weight) or weight.dtype
