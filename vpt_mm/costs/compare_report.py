"""The costs of a benchmark as a table and as a picture over prompt length."""
from rich.table import Table

from ..picture import picture

CLOCKED = ('inference', 'training step', 'inference, graph', 'training step, graph')


def cost_table(costs, *, batch, title):
    """A row for each contestant and length, a column for each measure; the plain backbone's row is absolute.

    Args:
        costs: of ``benchmark.compare``.
        batch: images at once, for the throughput.
    """
    table = Table(title=title)
    table.add_column('')
    table.add_column('p', justify='right')
    columns = list(dict.fromkeys(cost.what for cost in costs))
    for column in columns:
        table.add_column(column, justify='right')
    for name, length in dict.fromkeys((cost.name, cost.length) for cost in costs):
        cells = {cost.what: cost for cost in costs if (cost.name, cost.length) == (name, length)}
        show = ratio if (name, length) != (costs[0].name, costs[0].length) else absolute
        table.add_row(name, str(length or ''), *(show(cells[column], batch) for column in columns))
    return table


def absolute(cost, batch):
    if cost.what in CLOCKED:
        return f'{1e3 * cost.value:,.1f} ms, {batch / cost.value:,.1f} images/s'
    if cost.what == 'training kernels':
        return f'{cost.value:,.0f}'
    return f'{cost.value / 1e6:,.0f} MB'


def ratio(cost, batch):
    spread = f' ({cost.low:.2f}-{cost.high:.2f})' if cost.high > cost.low else ''
    return f'{cost.ratio:.3f}{spread}'


def plot_costs(costs, path):
    """Ratios over prompt length, a panel for each measure (the paper's figures 18 and 19)."""
    columns = list(dict.fromkeys(cost.what for cost in costs))
    with picture(path, columns=len(columns), size=(3 * len(columns), 3)) as (_, axes):
        for axis, what in zip(axes, columns):
            for name in dict.fromkeys(cost.name for cost in costs if cost.length):
                line = [cost for cost in costs if (cost.name, cost.what) == (name, what)]
                spread = [[cost.ratio - cost.low for cost in line], [cost.high - cost.ratio for cost in line]]
                axis.errorbar([cost.length for cost in line], [cost.ratio for cost in line], yerr=spread, marker='o',
                              label=name)
            axis.axhline(1, color='grey', linewidth=0.8)
            axis.set(title=what, xlabel='prompt length', ylim=(0, None))
        axes[0].set_ylabel('ratio to plain')
        axes[0].legend()
