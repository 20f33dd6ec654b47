"""read_config(): the config that a task file carries, read as data and never run."""
import ast
import re
import threading

from mmengine import registry
from mmengine.config import ConfigDict

from ..errors import UsageError

PARSING = threading.Lock()  # some Pythons count the depth of a tree for all threads together (CPython issue 106905)
NAME = r'(?:(?:mmengine|mmcv|mmseg|mmpretrain)\.)?(\w+)'


def read_config(text):
    """A config as mmengine writes it (``Config.pretty_text``): assignments of literals and ``dict(...)``.

    mmengine reads such text by running it; a task file may come from anywhere, so this does not.

    Returns:
        ConfigDict: the entries.

    Raises:
        UsageError: anything but literals in the text.
    """
    try:
        with PARSING:
            lines = ast.parse(text).body
        entries = {}
        for line in lines:
            if not isinstance(line, ast.Assign) or len(line.targets) != 1 or not isinstance(line.targets[0], ast.Name):
                raise ValueError(f'line {line.lineno} assigns nothing to a name')
            entries[line.targets[0].id] = _value(line.value)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
        raise UsageError(f'the config in this task file is no plain data ({error}): publish the task again from a '
                         'checkpoint that mmengine wrote.') from None
    return ConfigDict(entries)


def _value(node):
    if isinstance(node, ast.Call):
        if not isinstance(node.func, ast.Name) or node.func.id != 'dict' or len(node.args) > 1:
            raise ValueError(f'line {node.lineno} calls something else than dict()')
        entries = _value(node.args[0]) if node.args else {}
        return {**entries, **{one.arg: _value(one.value) for one in node.keywords}}
    if isinstance(node, ast.Dict):
        return {_literal(key or node): _value(value) for key, value in zip(node.keys, node.values)}
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        kind = dict(List=list, Tuple=tuple, Set=set)[type(node).__name__]
        return kind(_value(one) for one in node.elts)
    return _literal(node)


def _literal(node):
    try:
        return ast.literal_eval(node)
    except ValueError:
        raise ValueError(f'line {node.lineno} has {ast.unparse(node)[:80]}, which is no literal') from None


def require_registered(config):
    """Raise UsageError where a ``type`` is no registered name: mmengine would import and call anything."""
    known = _registered_names()
    for name in _types(config):
        match = re.fullmatch(NAME, name) if isinstance(name, str) else None
        if match is None or match.group(1) not in known:
            raise UsageError(f'a task file names types that OpenMMLab or vpt_mm register, got {name!r}: import the '
                             'package that registers it before the task is added.')


def _types(config):
    if isinstance(config, dict):
        if 'type' in config:
            yield config['type']
        config = config.values()
    elif not isinstance(config, (list, tuple)):
        return
    for inner in config:
        yield from _types(inner)


def _registered_names():
    names = set()
    for root in (registry.MODELS, registry.TRANSFORMS, registry.WEIGHT_INITIALIZERS, registry.TASK_UTILS):
        root.import_from_location()
        for node in (root, *root.children.values()):
            node.import_from_location()
            names.update(node.module_dict)
    return names
