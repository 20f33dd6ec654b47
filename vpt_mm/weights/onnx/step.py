"""Step: what a value of a graph is, and how values of constants and shapes are recognised."""
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Step:
    """What a value of a graph is, as the few kinds that a ViT is made of.

    Attributes:
        kind: 'tokens' (patches, embedded), 'norm', 'linear', 'scale' (a factor for each channel), 'attention', 'gelu'
            or 'sum'; 'reshaped', 'times' (a number) or 'part' (one of several), which lie between them; 'table', a
            constant that is resized, or 'shape', a number or shape that is computed, neither of which depends on the
            image; and the name of any other operator.
        inputs: steps that it is made of.
        facts: arrays, numbers and names by their role.
    """

    kind: str
    inputs: tuple['Step', ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)


def is_live(value):
    """Whether a value depends on the image."""
    return isinstance(value, Step) and value.kind not in ('shape', 'table')


def bare(step):
    """The step without what only arranges its values otherwise."""
    while step.kind == 'reshaped':
        step = step.inputs[0]
    return step


def peel(step):
    """A step without what arranges it or multiplies it by a number, and the product of these numbers."""
    factor = 1.
    while step.kind in ('reshaped', 'times'):
        factor *= step.facts.get('factor', 1.)
        step = step.inputs[0]
    return step, factor


def number_of(value):
    """A constant number, nan for one that is computed from shapes, or None."""
    if isinstance(value, Step):
        return float('nan') if value.kind == 'shape' else None
    return float(value.reshape(())) if isinstance(value, np.ndarray) and value.size == 1 else None


def channels_of(value):
    """A constant with a number for each channel, as (C,), or None."""
    return value.reshape(-1) if isinstance(value, np.ndarray) and value.ndim and value.size == value.shape[-1] else None


def table_of(value):
    """A constant (1, N, C), as it is before it is resized, or None."""
    if isinstance(value, Step):
        return value.facts['array'] if value.kind == 'table' else None
    return value if isinstance(value, np.ndarray) and value.ndim == 3 and value.dtype.kind == 'f' else None


def ints_of(value):
    """The entries of a shape, None for those that are computed."""
    if isinstance(value, np.ndarray) and value.dtype.kind == 'i' and value.size < 9:
        return value.reshape(-1).tolist()
    return value.facts.get('ints', [None]) if isinstance(value, Step) else [None]


def other(node, inputs, facts):
    """An operator that no ViT has, or not in this place."""
    return Step(node.op_type, tuple(value for value in inputs if isinstance(value, Step)))
