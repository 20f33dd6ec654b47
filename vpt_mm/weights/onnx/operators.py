"""OPERATORS: what each operator of ONNX makes of steps and constants."""
import math

import numpy as np

from .constants import PASSING
from .spelled_out import gelu, mean, power, root, squared, standard, subtract, times
from .step import Step, bare, channels_of, ints_of, is_live, number_of, other, peel, table_of


def convolve(node, inputs, facts):
    image, weight, bias = (*inputs, None)[:3]
    if not isinstance(weight, np.ndarray) or facts.get('strides') != list(weight.shape[2:]) \
            or any(facts.get('pads', ())) or facts.get('group', 1) != 1:
        return other(node, inputs, facts)
    return Step('tokens', (image,), dict(weight=weight, bias=bias, front=[]))


def arrange(node, inputs, facts):
    step = inputs[0]
    if step.kind == 'tokens':
        return step
    return Step('reshaped', (step,), dict(shape=ints_of(inputs[1])) if node.op_type == 'Reshape' else {})


def concatenate(node, inputs, facts):
    """A class token, and whatever else stands in front of the patches."""
    tokens, front = inputs[-1], [table_of(value) for value in inputs[:-1]]
    if not is_live(tokens) or tokens.kind != 'tokens' or any(table is None for table in front):
        return other(node, inputs, facts)
    return Step('tokens', tokens.inputs, dict(tokens.facts, front=front + tokens.facts['front']))


def multiply(node, inputs, facts):
    step, factor = inputs if is_live(inputs[0]) else inputs[::-1]
    if is_live(factor):
        return gelu(step, factor) or gelu(factor, step) or squared(step, factor) or other(node, inputs, facts)
    if number_of(factor) is not None:
        return times(step, number_of(factor))
    weight = channels_of(factor)
    if weight is None:
        return other(node, inputs, facts)
    if step.kind == 'standard':
        return Step('norm', step.inputs, dict(step.facts, weight=weight, bias=None))
    return Step('scale', (step,), dict(weight=weight))


def divide(node, inputs, facts):
    step, by = inputs
    if is_live(step) and number_of(by) is not None:
        return times(step, 1 / number_of(by))
    return standard(step, by) or other(node, inputs, facts)


def add(node, inputs, facts):
    step, constant = inputs if is_live(inputs[0]) else inputs[::-1]
    if is_live(constant):
        return Step('sum', (step, constant))
    if step.kind == 'tokens' and table_of(constant) is not None and 'positions' not in step.facts:
        known = constant.facts if isinstance(constant, Step) else {}
        return Step('tokens', step.inputs, {**known, **step.facts, 'positions': table_of(constant),
                                            'placed': len(step.facts['front'])})
    if number_of(constant) is not None:
        return Step('plus', (step,), dict(number=number_of(constant)))
    core, bias = bare(step), channels_of(constant)
    if bias is not None and core.kind in ('linear', 'norm') and core.facts['bias'] is None:
        return Step(core.kind, core.inputs, dict(core.facts, bias=bias))
    return other(node, inputs, facts)


def normalise(node, inputs, facts):
    step, weight, bias = (*inputs, None)[:3]
    if facts.get('axis', -1) not in (-1, 2):
        return other(node, inputs, facts)
    return Step('norm', (step,), dict(weight=weight, bias=bias, eps=facts.get('epsilon', 1e-5)))


def multiply_matrices(node, inputs, facts):
    step, by = inputs
    if is_live(step) and isinstance(by, np.ndarray) and by.ndim == 2:
        return Step('linear', (step,), dict(weight=by.T, bias=None))
    if not is_live(step) or not is_live(by):
        return other(node, inputs, facts)
    shares, one = peel(step)
    product, factor = peel(shares.inputs[0]) if shares.kind == 'shares' else (shares, 1.)
    if shares.kind == 'shares' and product.kind == 'product' and one == 1:
        return Step('attention', (*product.inputs, by), dict(factor=factor))
    return Step('product', (step, by))


def share(node, inputs, facts):
    return Step('shares', inputs[:1]) if facts.get('axis', -1) in (-1, 3) else other(node, inputs, facts)


def multiply_and_add(node, inputs, facts):
    step, weight, bias = (*inputs, None)[:3]
    plain = all(facts.get(name, 1) == 1 for name in ('alpha', 'beta')) and not facts.get('transA')
    if not plain or not isinstance(weight, np.ndarray):
        return other(node, inputs, facts)
    return Step('linear', (step,), dict(weight=weight if facts.get('transB') else weight.T, bias=bias))


def attend(node, inputs, facts):
    if len(node.output) > 1 or any(value is not None for value in inputs[3:]) or facts.get('is_causal'):
        return other(node, inputs, facts)
    return Step('attention', tuple(inputs[:3]), dict(factor=facts.get('scale', math.nan),
                                                     heads=facts.get('q_num_heads')))


def split(node, inputs, facts):
    return [Step('part', inputs[:1], dict(index=index)) for index in range(len(node.output))]


def gather(node, inputs, facts):
    return _one_of(node, inputs, facts, number_of(inputs[1]))


def cut(node, inputs, facts):
    start, end = map(number_of, (*inputs, None, None)[1:3])
    return _one_of(node, inputs, facts, start if start is not None and end == start + 1 else None)


def _one_of(node, inputs, facts, index):
    if index is None or not is_live(inputs[0]):
        return other(node, inputs, facts)
    return Step('part', inputs[:1], dict(index=int(index)))


def activate(node, inputs, facts):
    return Step('gelu', inputs[:1]) if facts.get('approximate', b'none') == b'none' else other(node, inputs, facts)


OPERATORS = {
    **dict.fromkeys(PASSING, arrange), 'Add': add, 'Attention': attend, 'Concat': concatenate, 'Conv': convolve,
    'Div': divide, 'Gather': gather, 'Gelu': activate, 'Gemm': multiply_and_add, 'LayerNormalization': normalise,
    'MatMul': multiply_matrices, 'Mul': multiply, 'Pow': power, 'ReduceMean': mean, 'Shape': lambda *_: Step('shape'),
    'Slice': cut, 'Softmax': share, 'Split': split, 'Sqrt': root, 'Sub': subtract}
