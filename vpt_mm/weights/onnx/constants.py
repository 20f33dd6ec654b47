"""fold(): what an operator makes of constants and shapes alone, where it matters to a ViT."""
import numpy as np

from .step import Step, ints_of, table_of

PASSING = {'Reshape', 'Transpose', 'Squeeze', 'Unsqueeze', 'Flatten', 'Identity', 'Cast', 'Expand', 'Dropout'}


def fold(operator, inputs, facts):
    """An array, a 'table' (a constant (1, N, C) that is resized on its way) or a 'shape'."""
    value = inputs[0] if inputs else None
    if operator == 'Concat':
        return _join(inputs, facts)
    if isinstance(value, np.ndarray):
        if operator in ('Identity', 'Cast'):
            return value
        if operator == 'Transpose' and value.ndim == 2:
            return value.T
        if operator == 'Unsqueeze' and value.size == 1:
            return value.reshape(1)
        if operator == 'Slice' and value.ndim == 3:
            return _cut(value, *map(ints_of, inputs[1:4]))
    if operator == 'Resize':
        return _resize(value, facts, inputs)
    if table_of(value) is not None and operator in PASSING:
        return value if isinstance(value, Step) else Step('table', facts=dict(array=value))
    return Step('shape')


def _join(inputs, facts):
    """Position embeddings of the class token and of the patches, or the parts of a shape."""
    tables = [table_of(value) for value in inputs]
    if facts.get('axis') != 1 or any(table is None for table in tables):
        return Step('shape', facts=dict(ints=[entry for value in inputs for entry in ints_of(value)]))
    known = {name: fact for value in inputs if isinstance(value, Step) for name, fact in value.facts.items()}
    return Step('table', facts={**known, 'array': np.concatenate(tables, axis=1)})


def _cut(array, starts, ends, axes):
    """Such as ``pos_embed[:, 1:]``, where an exporter does not fold it."""
    index = [slice(None)] * 3
    index[axes[0]] = slice(starts[0], ends[0])
    return array[tuple(index)]


def _resize(value, facts, inputs):
    """A table as it was, (1, N, C) or folded as (1, C, h, w), and what its resizing tells."""
    known = dict(resize=_describe(facts, inputs))
    if isinstance(value, np.ndarray) and value.ndim == 4:
        grid = value.shape[2:]
        return Step('table', facts=dict(known, grid=grid, array=value.reshape(*value.shape[:2], -1).transpose(0, 2, 1)))
    table = table_of(value)
    return Step('shape') if table is None else Step('table', facts=dict(known, array=table))


def _describe(facts, inputs):
    """How a graph resizes otherwise than mmpretrain and Hugging Face do, in words; or nothing."""
    mode, places = facts.get('mode', b'nearest'), facts.get('coordinate_transformation_mode', b'half_pixel')
    odd = []
    if mode != b'cubic' or facts.get('cubic_coeff_a', -0.75) != -0.75 or not places.endswith(b'half_pixel'):
        odd.append(f'by {mode.decode()} interpolation at {places.decode()}')
    if facts.get('antialias'):
        odd.append('with antialiasing')
    if len(inputs) < 4 or inputs[3] is None:
        odd.append('by a factor and not to a size')
    return ', '.join(odd)
