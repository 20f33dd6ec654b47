"""Records: lists and objects in a task file, made of fields."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import UsageError, did_you_mean
from .fields import NOTHING, Field, Text, refuse, shown


class Listed(Field):
    """A list of one kind of values."""

    holds = list

    def __init__(self, field: Field, least: int, most: int) -> None:
        self.field, self.least, self.most = field, least, most
        self.count = str(least) if least == most else f'{least} to {most}'
        self.rule = f'a list of {self.count}, each {field.rule}'

    def check(self, value: Any, place: str) -> None:
        if type(value) is not list or not self.least <= len(value) <= self.most:
            refuse(place, self.rule, value)
        for index, one in enumerate(value):
            self.field.check(one, f'{place}[{index}]')

    def clean(self, value: Any) -> Any:
        return [self.field.clean(one) for one in value] if isinstance(value, (list, tuple)) else value


class Maybe(Field):
    """A kind of value, or null."""

    def __init__(self, field: Field) -> None:
        self.field, self.rule = field, f'null, or {field.rule}'

    def check(self, value: Any, place: str) -> None:
        if value is not None:
            self.field.check(value, place)

    def clean(self, value: Any) -> Any:
        return None if value is None else self.field.clean(value)


class OneOf(Field):
    """One of several kinds of values."""

    def __init__(self, *fields: Field) -> None:
        self.fields = fields
        rules = [f'a list of {one.count} of those' if isinstance(one, Listed) and one.field is fields[0] else one.rule
                 for one in fields]
        self.rule = ', or '.join(rules)

    def check(self, value: Any, place: str) -> None:
        alike = [field for field in self.fields if field.holds is type(value)]
        if len(alike) == 1:
            alike[0].check(value, place)  # which says what is wrong inside
        elif not any(field.fits(value) for field in self.fields):
            refuse(place, self.rule, value)

    def clean(self, value: Any) -> Any:
        for field in self.fields:
            if field.fits(field.clean(value)):
                return field.clean(value)
        return super().clean(value)


class Record(Field):
    """An object with exactly these entries.

    Args:
        entries: {name: field}.
        optional: {name: field} of entries that may be missing.
        training: names in configs that matter in training alone, and that no task file has.
    """

    holds = dict

    def __init__(self, entries: Mapping[str, Field], *, optional: Mapping[str, Field] = NOTHING,
                 training: Sequence[str] = ()) -> None:
        self.needed, self.entries, self.training = tuple(entries), {**entries, **optional}, training
        self.rule = f"an object with {', '.join(entries) or 'no entries'}" \
            + (f" and, where they differ from the defaults, {', '.join(optional)}" if optional else '')

    def check(self, value: Any, place: str) -> None:
        if type(value) is not dict:
            refuse(place, self.rule, value)
        for name in value:
            if name not in self.entries:
                raise UsageError(f'{place or "the description"} in a task file is {self.rule}; there is no '
                                 f'{shown(name)}.{did_you_mean(name, self.entries)}')
        missing = [name for name in self.needed if name not in value]
        if missing:
            raise UsageError(f'{place or "the description"} in a task file is {self.rule}; {missing[0]} is missing.')
        for name, inner in value.items():
            self.entries[name].check(inner, f'{place}.{name}' if place else name)

    def clean(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {name: self.entries[name].clean(inner) if name in self.entries else super(Record, self).clean(inner)
                for name, inner in value.items() if name not in (*self.training, '_scope_')}


class Typed(Field):
    """An object whose entry ``key`` names one of several records.

    Args:
        records: {name: Record}, which may grow.
        key: the name of the entry.
    """

    holds = dict

    def __init__(self, records: dict[str, Record], *, key: str = 'type') -> None:
        self.records, self.key = records, key

    @property
    def rule(self) -> str:
        return f"an object whose {self.key} is one of {', '.join(self.records)}"

    def check(self, value: Any, place: str) -> None:
        name = value.get(self.key) if type(value) is dict else None
        if type(name) is not str or name not in self.records:
            refuse(f'{place}.{self.key}' if name is not None else place, self.rule, value if name is None else name)
        self.records[name].check({key: inner for key, inner in value.items() if key != self.key}, place)


class Named(Field):
    """An object from names to values of one kind."""

    holds = dict
    name = Text(200)

    def __init__(self, field: Field, most: int) -> None:
        self.field, self.most = field, most
        self.rule = f'an object of at most {most} names, each with {field.rule}'

    def check(self, value: Any, place: str) -> None:
        if type(value) is not dict or len(value) > self.most:
            refuse(place, self.rule, value)
        for name, inner in value.items():
            self.name.check(name, f'a name in {place}')
            self.field.check(inner, f'{place}.{name}')
