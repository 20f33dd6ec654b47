"""One part of an OpenMMLab config, a dict with a type, in the words of a record."""
from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from ..errors import UsageError, did_you_mean
from .fields import NOTHING, shown
from .records import Record

NAME = re.compile(r'(?:(?:mmengine|mmcv|mmseg|mmpretrain|vpt_mm)\.(?:\w+\.)*)?(\w+)')


def describe_part(config: Any, known: Mapping[str, Record], find: Callable[[str], Any], place: str) -> dict[str, Any]:
    """The type and all arguments that its record has, those at their defaults as well.

    Args:
        config: of the part.
        known: {name: Record}.
        find: function of a name to its class.
        place: of the part, for messages.

    Raises:
        UsageError: another type, or an argument beyond those of the record and of training.
    """
    config, name = as_dict(config, place), name_of(config)
    if name is None or name not in known:
        raise UsageError(f'{place}.type in a task file is one of {", ".join(known)}, got {shown(config.get("type"))}.'
                         + did_you_mean(name, known))
    record, defaults = known[name], defaults_of(find(name))
    refuse_others(config, (*record.entries, *record.training), place, defaults=defaults)
    given = {**defaults, **config}
    return dict(record.clean({name: given[name] for name in record.entries if name in given}), type=name)


def refuse_others(config: dict[str, Any], known: Collection[str], place: str, *,
                  defaults: Mapping[str, Any] = NOTHING) -> None:
    """Raise UsageError for entries that are neither known nor at their defaults."""
    for name, value in config.items():
        if name not in {*known, 'type', '_scope_'} and (name not in defaults or plain(value) != plain(defaults[name])):
            raise UsageError(f'{place} in a task file has no {name}, which is {shown(value)} in the config.')


def name_of(config: Any) -> str | None:
    """The name of a part's type, without the package of OpenMMLab or ours that it is in; or None."""
    name = config.get('type') if isinstance(config, dict) else None
    match = NAME.fullmatch(name) if isinstance(name, str) else None
    return match and match.group(1)


def as_dict(value: Any, place: str) -> dict[str, Any]:
    """The value, or UsageError unless it is a dict."""
    if not isinstance(value, dict):
        raise UsageError(f'{place} must be a dict in the config of a task, got {shown(value)}.')
    return value


def plain(value: Any) -> Any:
    """Lists for tuples, all the way down."""
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def defaults_of(kind: Any) -> dict[str, Any]:
    """The default arguments of a function, or of a class and its bases."""
    if not isinstance(kind, type):
        return {name: one.default for name, one in inspect.signature(kind).parameters.items()
                if one.default is not one.empty}
    found = {}
    # But for object, which has none, and whose signature Python parses a text for.
    for base in reversed(kind.__mro__[:-1]):
        if '__init__' in vars(base):
            arguments = inspect.signature(vars(base)['__init__']).parameters
            found.update({name: one.default for name, one in arguments.items() if one.default is not one.empty})
    return found
