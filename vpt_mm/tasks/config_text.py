"""read_config(): the config in a checkpoint, or in a task file of the first format, read as data and never run."""
from __future__ import annotations

import ast
import threading
from typing import Any

from ..errors import UsageError
from .fields import shown

PARSING = threading.Lock()
ATTEMPTS = 20  # where others parse at the same time, without the lock
MOST_TEXT = 200_000  # characters, twenty times what a config has: a parser takes its time


def read_config(text: object) -> dict[str, Any]:
    """A config as mmengine writes it (``Config.pretty_text``): assignments of literals and ``dict(...)``.

    mmengine reads such text by running it; a checkpoint may come from anywhere, so this does not.

    Returns:
        dict: the entries.

    Raises:
        UsageError: no text, a very long one, or anything but literals in it.
    """
    if not isinstance(text, str) or len(text) > MOST_TEXT:
        raise UsageError(f'the config in a checkpoint is a text of at most {MOST_TEXT:,} characters, got '
                         f'{len(text):,} of them.' if isinstance(text, str) else
                         f'the config in a checkpoint is a text, got {shown(text)}.')
    try:
        with PARSING:
            lines = _parse(text).body
        entries = {}
        for line in lines:
            if not isinstance(line, ast.Assign) or len(line.targets) != 1 or not isinstance(line.targets[0], ast.Name):
                raise ValueError(f'line {line.lineno} assigns nothing to a name')
            entries[line.targets[0].id] = _value(line.value)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
        raise UsageError(f'the config in this file is not plain data ({error}): take a checkpoint that mmengine '
                         'wrote.') from None
    return entries


def _parse(text: str) -> ast.Module:
    """The tree of a text.

    Some Pythons count the depth of a tree for all threads together, and raise SystemError where two parse at once
    (CPython issue 106905): our threads wait for each other, and for others there is another attempt.
    """
    for _ in range(ATTEMPTS):
        try:
            return ast.parse(text)
        except SystemError as error:
            raised = error
    raise raised


def _value(node: ast.expr) -> Any:
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


def _literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        raise ValueError(f'line {node.lineno} has {ast.unparse(node)[:80]}, which is not a literal') from None
