"""Norms and activations that an exporter spells out in several operators, recognised by the last of them."""
import math

from .step import Step, ints_of, is_live, number_of, other, peel


def subtract(node, inputs, facts):
    step, mean = inputs
    if is_live(mean) and mean.kind == 'mean' and mean.inputs[0] is step:
        return Step('centred', (step,))
    return other(node, inputs, facts)


def mean(node, inputs, facts):
    axes = facts.get('axes') or ints_of(inputs[1] if len(inputs) > 1 else None)
    return Step('mean', inputs[:1]) if list(axes) in ([-1], [2]) else other(node, inputs, facts)


def power(node, inputs, facts):
    twice = number_of(inputs[1]) == 2 and squared(inputs[0], inputs[0])
    return twice or other(node, inputs, facts)


def squared(step, same):
    """What is centred, times itself; or None."""
    return Step('squared', (step,)) if step is same and step.kind == 'centred' else None


def root(node, inputs, facts):
    """The standard deviation of what is centred, with the epsilon of a norm."""
    plus = inputs[0]
    if plus.kind == 'plus' and plus.inputs[0].kind == 'mean' and plus.inputs[0].inputs[0].kind == 'squared':
        return Step('deviation', plus.inputs[0].inputs[0].inputs, dict(eps=plus.facts['number']))
    return other(node, inputs, facts)


def standard(step, deviation):
    """What is centred, by its standard deviation; or None."""
    if is_live(step) and is_live(deviation) and deviation.kind == 'deviation' and deviation.inputs[0] is step:
        return Step('standard', step.inputs, deviation.facts)
    return None


def gelu(step, gate):
    """x (1 + erf(x / sqrt(2))), which is twice the GELU of x; or None."""
    (core, factor), (gate, half) = peel(step), peel(gate)
    if gate.kind != 'plus' or gate.facts['number'] != 1 or gate.inputs[0].kind != 'Erf':
        return None
    inner, share = peel(gate.inputs[0].inputs[0])
    if inner is not core or not math.isclose(share, 0.5 ** 0.5, rel_tol=1e-4):
        return None
    return times(Step('gelu', (core,)), 2 * factor * half)


def times(step, factor):
    """The step times a number; nan for one that is computed from shapes."""
    if step.kind == 'times':
        step, factor = step.inputs[0], factor * step.facts['factor']
    return step if math.isclose(factor, 1, rel_tol=1e-5) else Step('times', (step,), dict(factor=factor))
