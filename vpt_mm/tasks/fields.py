"""Fields: the kinds of values that a task file may hold. Each checks a value, and says its rule in words."""
from __future__ import annotations

import copy
import re
import reprlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NoReturn, TypeVar

from ..errors import UsageError

CONTROL = re.compile(r'[\x00-\x1f\x7f-\x9f\ud800-\udfff]')  # and halves of characters
NOTHING: Mapping[str, Any] = MappingProxyType({})  # the default of arguments
F = TypeVar('F', bound='Field')
SHOW = reprlib.Repr()
SHOW.maxstring = SHOW.maxother = 80


def refuse(place: str, rule: str, value: object) -> NoReturn:
    """Raise UsageError: the value at ``place`` breaks the rule."""
    raise UsageError(f'{place or "the description"} in a task file must be {rule}, got {shown(value)}.')


def shown(value: object) -> str:
    """The beginning of a value, whatever it is."""
    try:
        return SHOW.repr(value)
    except ValueError:  # Python writes no number of more than a few thousand digits
        return 'a number of very many digits'


class Field:
    """A kind of value; ``rule`` is what it must be, ``note`` what it means, ``holds`` list or dict of those."""

    rule = ''
    note = ''
    holds: type | None = None

    def means(self: F, note: str) -> F:
        """The same field with a sentence for the documentation."""
        made = copy.copy(self)
        made.note = note
        return made

    def check(self, value: Any, place: str) -> None:
        """Raise UsageError unless the value at ``place`` is of this kind."""
        if not self.fits(value):
            refuse(place, self.rule, value)

    def fits(self, value: Any) -> bool:
        """Whether a value is of this kind."""
        try:
            self.check(value, '')
        except UsageError:
            return False
        return True

    def clean(self, value: Any) -> Any:
        """A value of an OpenMMLab config in the words of a task file; what does not fit stays as it is."""
        if isinstance(value, dict):
            return {key: self.clean(inner) for key, inner in value.items()}
        return [self.clean(inner) for inner in value] if isinstance(value, (list, tuple)) else value


class Whole(Field):
    """A whole number within bounds."""

    def __init__(self, low: int, high: int) -> None:
        self.low, self.high, self.rule = low, high, f'a whole number from {low} to {high}'

    def fits(self, value: Any) -> bool:
        return type(value) is int and self.low <= value <= self.high


class Number(Field):
    """A finite number within bounds."""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high, self.rule = low, high, f'a number from {low:g} to {high:g}'

    def fits(self, value: Any) -> bool:
        return type(value) in (int, float) and self.low <= value <= self.high


class Flag(Field):
    """True or false."""

    rule = 'true or false'

    def fits(self, value: Any) -> bool:
        return type(value) is bool


class Choice(Field):
    """One of a few names or numbers; ``aliases`` are what configs say in their place."""

    def __init__(self, *values: str | float, aliases: Mapping[str, str] = NOTHING) -> None:
        self.values, self.aliases = values, dict(aliases)
        names = ', '.join(map(str, values))
        self.rule = names if len(values) == 1 else f'one of {names}'

    def fits(self, value: Any) -> bool:
        return any(type(value) is type(one) and value == one for one in self.values)

    def clean(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.aliases.get(value, value)
        return next((one for one in self.values if type(value) in (int, float) and value == one), value)


class Null(Field):
    """Null alone: an argument that task files leave at nothing."""

    rule = 'null'

    def fits(self, value: Any) -> bool:
        return value is None


class Text(Field):
    """Text that is compared and shown; it is never a path, an address or a name to import."""

    def __init__(self, most: int, *, pattern: str = r'.*', rule: str | None = None) -> None:
        self.most, self.pattern = most, re.compile(pattern, re.DOTALL)
        self.rule = rule or f'a text of at most {most} characters, none of them a control character'

    def fits(self, value: Any) -> bool:
        return type(value) is str and len(value) <= self.most and not CONTROL.search(value) \
            and bool(self.pattern.fullmatch(value))
