"""project_prompts(): prompts of all blocks to keys and values, in one product for those of a shape."""
from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .kept import Kept
from .precision import autocast_dtype
from .updated import linear_rows, scalings_of, updates_of, weights_of


class Rows(NamedTuple):
    """Some outputs of a linear layer: ``layer`` has ``weight`` (out, in) and ``bias``, (out,) or None."""

    layer: Any
    rows: slice


class Projection:
    """What a block does to its tokens before they meet: a norm, and linear layers for keys and values.

    Args:
        norm: of C channels; None where the block has none in front of its attention.
        pairs: what gives keys and values, C each in this order; or the layer of queries, keys and values.
        biases: of keys and of values, (C,) each, where the layers have none of their own; None for zeros.
    """

    def __init__(self, norm: Any, pairs: Any, biases: tuple[Tensor | None, Tensor | None] = (None, None)) -> None:
        self.norm, self.biases = norm, biases
        self.pairs = pairs if isinstance(pairs, list) else [Rows(pairs, slice(pairs.in_features, None))]

    @property
    def weights(self) -> list[Tensor]:
        layers = {id(layer): layer for layer, _ in self.pairs}.values()
        own = [] if self.norm is None else [*self.norm.parameters()]
        return [*own, *(weight for layer in layers for weight in weights_of(layer)),
                *(bias for bias in self.biases if bias is not None)]

    @property
    def is_plain(self) -> bool:
        """Whether it is a layer norm and linear layers that nothing trains or updates."""
        norm = self.norm is None or _is_layer_norm(self.norm)
        return (norm and not any(updates_of(layer) or scalings_of(layer) for layer, _ in self.pairs)
                and not any(weight.requires_grad for weight in self.weights))

    def alike(self) -> tuple[Any, ...]:
        """What projections must have in common to be stacked."""
        layer, norm = self.pairs[0].layer, self.norm
        of_norm = None if norm is None else (norm.normalized_shape, norm.eps)
        return of_norm, len(self.pairs), self.has_bias, layer.weight.dtype, self.rows

    @property
    def rows(self) -> int:
        """Number of outputs: 2C, where keys and values are as wide as tokens."""
        return sum(len(range(*rows.indices(layer.weight.shape[0]))) for layer, rows in self.pairs)

    @property
    def weight(self) -> Tensor:
        """(2C, C), of keys and values."""
        return _joined([layer.weight[rows] for layer, rows in self.pairs])

    @property
    def has_bias(self) -> bool:
        return any(bias is not None for bias in (*self.biases, *(layer.bias for layer, _ in self.pairs)))

    @property
    def bias(self) -> Tensor | None:
        """(2C,), or None."""
        if not self.has_bias:
            return None
        parts = list(self.biases)
        if all(part is None for part in parts):
            parts = [None if layer.bias is None else layer.bias[rows] for layer, rows in self.pairs]
        like = next(part for part in parts if part is not None)
        return _joined([torch.zeros_like(like) if part is None else part for part in parts])

    def __call__(self, prompts: Tensor) -> Tensor:
        """(B, P, C) to keys and values (B, P, 2, C)."""
        inner = prompts.to(self.pairs[0].layer.weight.dtype)
        inner = inner if self.norm is None else self.norm(inner)
        made = _joined([linear_rows(layer, inner, rows) for layer, rows in self.pairs], dim=-1)
        if any(bias is not None for bias in self.biases):
            made = made + cast(Tensor, self.bias).to(made.dtype)
        return made.unflatten(-1, (2, -1))


def _is_layer_norm(norm: Any) -> bool:
    """Whether a norm computes what torch's own does: that, or timm's, unless apex computes it."""
    timm = f'{type(norm).__module__}.{type(norm).__qualname__}' == 'timm.layers.norm.LayerNorm' and not norm._fast_norm
    return (type(norm) is nn.LayerNorm or timm) and norm.elementwise_affine


def _joined(parts: list[Any], *, dim: int = 0) -> Tensor:
    return parts[0] if len(parts) == 1 else torch.cat(parts, dim)


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
    dtype = _computed_in(projections[0].pairs[0].layer.weight)
    make = partial(_stack_weights, projections, dtype)
    frozen = [weight for projection in projections for weight in projection.weights]
    lasting = torch.is_grad_enabled() or prompts[0].dim() == 3  # else their keys and values are kept
    with torch.no_grad():
        scale, shift, weight, bias = (kept.get(('weights', *name), make, frozen=frozen, given=dtype) if lasting
                                      else make())
    width, norm = stacked.shape[-1], projections[0].norm
    exact = torch.promote_types(stacked.dtype, torch.promote_types(dtype, torch.float32))
    inner = stacked.to(exact).flatten(1, 2)
    if norm is not None:
        inner = torch.addcmul(shift, F.layer_norm(inner, (width,), eps=norm.eps), scale)
    inner = inner.to(dtype)
    pairs = torch.bmm(inner, weight) if bias is None else torch.baddbmm(bias, inner, weight)  # (L, B * P, 2C)
    return pairs.view(*stacked.shape[:3], 2, -1).unbind(0)


def _stack_weights(projections: list[Projection], dtype: torch.dtype) -> tuple[Any, Any, Tensor, Tensor | None]:
    """Scales and shifts (L, 1, C) of the norms, weights (L, C, 2C) and biases (L, 1, 2C) of keys and values."""
    norms = [one.norm for one in projections]
    scale = shift = None
    if norms[0] is not None:
        wide = torch.promote_types(norms[0].weight.dtype, torch.float32)
        scale, shift = (torch.stack(several)[:, None].to(wide)
                        for several in zip(*((norm.weight, norm.bias) for norm in norms)))
    weight = torch.stack([one.weight.t() for one in projections]).to(dtype)
    biases = [one.bias for one in projections if one.has_bias]
    return scale, shift, weight, torch.stack(cast(list[Tensor], biases))[:, None].to(dtype) if biases else None


def _computed_in(weight: Tensor) -> torch.dtype:
    """The type that products with a weight are computed in."""
    wide = weight.dtype == torch.float64  # which autocast leaves alone
    return weight.dtype if wide else autocast_dtype(weight) or weight.dtype
