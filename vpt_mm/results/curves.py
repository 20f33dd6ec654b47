"""Accuracy over prompt length, depth, share of the data, shots or size of the images, from one sweep."""
from statistics import fmean

from ..errors import UsageError
from ..picture import picture
from .sheet import Sheet


def curves(results, *, over, **where):
    """Means over tasks as {protocol: {x: score}}.

    Over 'fraction', 'size' and 'shots' the final runs count, as means over seeds. Over anything else, which the search
    has chosen for them, it is for each task the best trial with that value, on the validation split.

    Args:
        results: :class:`~vpt_mm.results.table.Results`.
        over: a column of the table, such as 'length', or 'depth', the number of prompted blocks.
        where: ``fraction``, ``size`` and ``shots``, as :meth:`~vpt_mm.results.table.Results.at` takes them.

    Raises:
        UsageError: nothing in the table differs in it, a task lacks one of the values, or what ``where`` must say.
    """
    final = over in ('fraction', 'size', 'shots')
    rows = [row for row in results.at(free=over, **where) if row['final'] == final and _x(row, over) is not None]
    found = {protocol: lines for protocol, lines in _lines(rows, over, fmean if final else max).items()
             if len(lines) > 1}
    if not found:
        raise UsageError(f"no protocol of the table has {'final runs' if final else 'trials'} with two values of "
                         f'{over}.')
    return found


def _x(row, over):
    if over != 'depth':
        return row.get(over)
    return None if row.get('last') is None else row['last'] - (row.get('first') or 1) + 1


def _lines(rows, over, join):
    """{protocol: {x: mean over tasks of the joined values}}."""
    values = {}
    for row in rows:
        tasks = values.setdefault(row['protocol'], {}).setdefault(_x(row, over), {})
        tasks.setdefault(row['task'], []).append(row['value'])
    for protocol, lines in values.items():
        everything = {task for tasks in lines.values() for task in tasks}
        for x, tasks in lines.items():
            if everything - set(tasks):
                missing = ', '.join(sorted(everything - set(tasks)))
                raise UsageError(f'{protocol} has no run on {missing} with {over} {x}: let the sweep end first.')
    return {protocol: {x: fmean(join(found) for found in lines[x].values()) for x in sorted(lines)}
            for protocol, lines in values.items()}


def curves_sheet(found, *, over):
    """:func:`curves` as a sheet."""
    places = sorted({x for lines in found.values() for x in lines})
    return Sheet(f'Accuracy over {over}', ['protocol', *map(str, places)],
                 [[protocol, *(f'{lines[x]:.2f}' if x in lines else '' for x in places)]
                  for protocol, lines in found.items()])


def draw_curves(found, out, *, over):
    """Write :func:`curves` as a picture."""
    with picture(out, size=(6, 4)) as (_, axes):
        for protocol, lines in found.items():
            axes.plot(list(lines), list(lines.values()), 'o-', label=protocol)
        if over == 'length':
            axes.set_xscale('log')
        axes.set(xlabel=over, ylabel='accuracy, mean over tasks')
        axes.grid(alpha=0.4)
        axes.legend()


def draw_groups(sheet, out):
    """Write the groups' means of :func:`~vpt_mm.results.table_one.table_one` as bars."""
    groups = sheet.columns[2:]
    with picture(out, size=(1.5 + 2.2 * len(groups), 4)) as (figure, axes):
        width = 0.8 / len(sheet.rows)
        for place, (protocol, _, *cells) in enumerate(sheet.rows):
            values = [float(cell.split()[0]) for cell in cells]
            axes.bar([index + place * width for index in range(len(groups))], values, width, label=protocol)
        axes.set_xticks([index + 0.4 - width / 2 for index in range(len(groups))], groups)
        axes.set(ylabel='accuracy, mean over tasks')
        figure.legend(loc='outside right center')
