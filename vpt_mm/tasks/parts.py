"""Parts: what a task file may name, and the classes that these names stand for."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mmengine.registry import MODELS

from ..errors import UsageError
from ..tuning.registry import TUNING_METHODS
from .backbones import BACKBONES, METHODS
from .fields import Choice, Field, Flag, Number, Whole
from .heads import HEADS, NECKS
from .records import Listed, Record

LIBRARIES = dict(classification='mmpretrain', segmentation='mmseg')
OWN: dict[str, type] = {}  # classes of the user, by name
SHORT = {int: Whole(0, 1_000_000), float: Number(-1e9, 1e9), bool: Flag()}


def records(part: str, kind: str) -> dict[str, Record]:
    """{name: Record} of a 'backbone', 'tuning', 'neck' or 'head' of this kind of task."""
    return dict(backbone=BACKBONES, tuning=METHODS, neck=NECKS[kind], head=HEADS[kind])[part]


def class_of(part: str, kind: str, name: str) -> Any:
    """The class that a name on the list stands for."""
    if name in OWN:
        return OWN[name]
    if part == 'tuning':
        return TUNING_METHODS.get(name)
    return MODELS.get(f'{LIBRARIES[kind]}.{name}' if part in ('neck', 'head') else name)


def allow(part: str, kind: str, made: type, *, arguments: Mapping[str, Any], training: Sequence[str] = ()) -> None:
    """Let task files name a class of your own, in this process alone.

    Args:
        part: 'backbone', 'tuning', 'neck' or 'head'.
        kind: of the tasks, 'classification' or 'segmentation'.
        made: the class, registered in ``TUNING_METHODS`` or mmengine's ``MODELS``.
        arguments: {name: what it may be}: int, float, bool, a tuple of texts, a list with one of these, or a field
            of :mod:`vpt_mm.tasks.fields`.
        training: names of arguments that task files leave out.

    Raises:
        UsageError: a name that is taken, or an argument of another kind.
    """
    table = records(part, kind)
    if OWN.get(made.__name__, made) is not made or made.__name__ in table and made.__name__ not in OWN:
        raise UsageError(f'task files know another {made.__name__}: give your class another name.')
    table[made.__name__] = Record({name: _field(name, one) for name, one in arguments.items()}, training=training)
    OWN[made.__name__] = made


def _field(name: str, given: Any) -> Field:
    if isinstance(given, Field):
        return given
    if isinstance(given, list) and len(given) == 1:
        return Listed(_field(name, given[0]), 0, 1024)
    if isinstance(given, tuple) and given and all(isinstance(one, str) for one in given):
        return Choice(*given)
    if isinstance(given, type) and given in SHORT:
        return SHORT[given]
    raise UsageError(f'{name} must be int, float, bool, a tuple of texts or a list with one of these, got {given!r}: '
                     'a task file holds nothing else.')
