"""read_steps(): an ONNX graph as the few kinds of steps that a ViT is made of, however its exporter wrote them."""
import numpy as np

from .constants import fold
from .operators import OPERATORS
from .step import Step, is_live, other

STANDARD = ('', 'ai.onnx')  # names of the domain of ONNX's own operators


def read_steps(graph):
    """The steps of a graph in its order, each once.

    Constants are told by their use alone, never by their names. Nothing of the graph is run; matrices are transposed.
    """
    from onnx import helper, numpy_helper
    values = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    values.update({value.name: Step('image') for value in graph.input if value.name not in values})
    for node in graph.node:
        facts = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
        inputs = tuple(values.get(name) for name in node.input)
        if node.op_type == 'Constant':
            made = _constant(facts, numpy_helper)
        elif node.domain not in STANDARD:
            made = other(node, inputs, facts)
        elif any(map(is_live, inputs)):
            made = OPERATORS.get(node.op_type, other)(node, inputs, facts)
        else:
            made = fold(node.op_type, inputs, facts)
        outputs = made if isinstance(made, list) else [made] * len(node.output)
        values.update(zip(node.output, outputs))
        yield from (step for step in outputs if isinstance(step, Step))


def _constant(facts, numpy_helper):
    if 'value' in facts:
        return numpy_helper.to_array(facts['value'])
    return np.asarray(next(value for name, value in facts.items() if name.startswith('value_')))
