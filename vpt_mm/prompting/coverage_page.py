"""Coverage as tables on the console, as the page docs/coverage.md, and as a list that a test reads."""
from __future__ import annotations

import datetime
import json
from textwrap import wrap

from rich.table import Table

from .coverage import Coverage, Row, method_names, versions
from .shipped import LIBRARIES

ALL = '●'
SHORT = {'Prompt': '', 'Tuning': ''}  # endings of the names of methods in headings


def coverage_tables(coverage: Coverage) -> list[Table]:
    """A table for each library."""
    tables = []
    for library in _libraries(coverage):
        rows = [row for row in coverage.rows if row.library == library]
        table = Table(title=f'{library}: {_share(coverage, library)}', caption=LEGEND)
        for number, heading in enumerate(_headings(coverage)):
            table.add_column(heading, justify='left' if not number else 'right' if number < 3 else 'center')
        for row in rows:
            table.add_row(*_cells(row, _methods(coverage)))
        tables.append(table)
    return tables


LEGEND = f'{ALL}: all of these configs; a number: so many of them'


def coverage_notes(coverage: Coverage) -> list[str]:
    """What was not counted or refused, and why: sentences, each with the names of its configs."""
    notes = []
    for heading, found in (('Refused', coverage.refused),
                           ('Not decided, since mmcv-lite has no compiled operators', coverage.compiled)):
        for reason, ones in sorted(found.items(), key=lambda item: -len(item[1])):
            kinds = ', '.join(sorted({f'{one.config.library} {one.kind}' for one in ones}))
            # Of other packages' messages, which quote what they would have run.
            notes.append(f"{heading}: {len(ones)} of {kinds}: {reason.replace('`', '')}")
    if coverage.bare:
        notes.append(f'Not counted: {len(coverage.bare)} without an image backbone, such as those of data alone: '
                     f'{_named(coverage.bare)}.')
    if coverage.unreadable:
        notes.append(f'Not counted: {len(coverage.unreadable)} that mmengine cannot read: '
                     f'{_named(coverage.unreadable)}.')
    return notes


def coverage_page(coverage: Coverage, command: str) -> str:
    """The page docs/coverage.md."""
    made_with = ', '.join(f'{name} {number}' for name, number in versions().items())
    lines = [
        '# Coverage', '',
        *wrap("Which of the configs that OpenMMLab's libraries ship can be prompted, and by which methods. Of every "
              'config, the backbone is made a prompted one as `vpt-mm prompt` makes it, is built without weights, and '
              'runs on an image by shapes alone; every method that fits it is built beside it. The page is written by',
              120), '',
        f'    {command}', '',
        *wrap(f'on {datetime.date.today():%-d %B %Y} with {made_with}.', 120), '',
        *wrap('A config counts as prompted where at least one method fits beyond `LinearProbe`, which fits everything. '
              f'{LEGEND}.', 120), '']
    for library in _libraries(coverage):
        lines += [f'## {library}', '', f'{_share(coverage, library)}.', '', *_markdown(coverage, library), '']
    lines += ['## What is not prompted, and why', '', *(f'- {note}' for note in coverage_notes(coverage)), '']
    return '\n'.join(lines)


def coverage_list(coverage: Coverage) -> str:
    """The config with the smallest backbone of each class, with the methods that fit it, as JSON."""
    smallest = {}
    for one in sorted(coverage.counted, key=lambda one: (one.fits.size, one.config.name)):
        if one.fits.methods:
            smallest.setdefault((one.config.library, one.kind), one)
    rows = [dict(library=library, kind=kind, config=one.config.name, methods=sorted(one.fits.methods))
            for (library, kind), one in sorted(smallest.items())]
    return '[\n' + ',\n'.join(json.dumps(row) for row in rows) + '\n]\n'


def _share(coverage, library):
    prompted, total = coverage.share(library)
    share = 100 * prompted / max(total, 1)
    return f'{prompted} of {total} configs with an image backbone can be prompted ({share:.1f} %)'


def _libraries(coverage):
    return [library for library in LIBRARIES if any(row.library == library for row in coverage.rows)]


def _methods(coverage):
    """Those that fit something, the most frequent first."""
    counts = {name: sum(row.methods[name] for row in coverage.rows) for name in method_names()}
    return sorted(filter(counts.get, counts), key=lambda name: (-counts[name], name))


def _headings(coverage):
    shorts = []
    for name in _methods(coverage):
        for ending, short in SHORT.items():
            name = name.removesuffix(ending) + short if name.endswith(ending) else name
        shorts.append(name)
    return ['backbone', 'configs', 'prompted', *shorts]


def _cells(row: Row, methods):
    marks = [ALL if row.methods[name] == row.configs else str(row.methods[name] or '') for name in methods]
    return [row.kind, str(row.configs), str(row.prompted), *marks]


def _markdown(coverage, library):
    headings = _headings(coverage)
    rule = ['---', '---:', '---:', *[':---:'] * (len(headings) - 3)]
    rows = [_cells(row, _methods(coverage)) for row in coverage.rows if row.library == library]
    return [f"| {' | '.join(cells)} |" for cells in (headings, rule, *rows)]


def _named(configs):
    return ', '.join(f'{config.library}::{config.name}' for config in configs)
