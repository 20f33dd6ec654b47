"""The tables of docs/task_file.md, from the schema itself."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from .backbones import BACKBONES, METHODS
from .fields import Choice, Field
from .heads import HEADS, NECKS, TRANSFORMS
from .records import Maybe, OneOf, Record
from .schema import INPUTS, KINDS, TASK, WINDOWS
from .words import TEXT_METHODS


def tables() -> str:
    """Everything that a task file may say, as Markdown."""
    kind = Choice(*KINDS).means('of the task; classification has neither windows nor palette')
    model = dict[str, Field](kind=kind, **KINDS['segmentation'].entries)
    described = [('## The description', TASK.entries), ('## `model`', model),
                 ('## `model.input`', INPUTS['segmentation'].entries), ('## `model.windows`', WINDOWS.entries)]
    parts = [('## Backbones', BACKBONES), ('## Tuning methods', METHODS),
             ('## Tuning methods of text towers', TEXT_METHODS),
             *((f'## {name} of {kind}', table[kind]) for kind in KINDS
               for name, table in (('Necks', NECKS), ('Heads', HEADS))), ('## Image transforms', TRANSFORMS)]
    return '\n\n'.join([*(f'{title}\n\n{_entries(entries)}' for title, entries in described),
                        *(f'{title}\n\n{_records(records)}' for title, records in parts)])


def _entries(entries: Mapping[str, Field]) -> str:
    """A row for each entry, with what it means."""
    return _table(('entry', 'value', 'meaning'),
                  [(f'`{name}`', field.rule, field.note) for name, field in entries.items()])


def _records(records: Mapping[str, Record]) -> str:
    """A row for each argument of each part."""
    rows = []
    for kind, record in records.items():
        arguments = list(_arguments(record)) or [('', '')]
        rows += zip([f'`{kind}`'] + [''] * (len(arguments) - 1), *zip(*arguments))
    return _table(('type', 'argument', 'value'), rows)


def _arguments(record: Record, path: str = '') -> Iterator[tuple[str, str]]:
    """(name, rule) of the entries of a record, and of those inside them."""
    for name, field in record.entries.items():
        yield f'`{path}{name}`', field.rule
        for inner in _alternatives(field):
            if isinstance(inner, Record):
                yield from _arguments(inner, f'{path}{name}.')


def _alternatives(field: Field) -> Iterator[Field]:
    if isinstance(field, (Maybe, OneOf)):
        for one in field.fields if isinstance(field, OneOf) else [field.field]:
            yield from _alternatives(one)
    else:
        yield field


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return '\n'.join('| ' + ' | '.join(row) + ' |' for row in (titles, ('---',) * len(titles), *rows))
