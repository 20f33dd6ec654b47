"""Time and memory of a tuned backbone, as ratios to the plain frozen one, in turn and paired in one run."""
import statistics
import time
from dataclasses import dataclass

import torch
from rich.progress import track
from rich.table import Table
from torch.profiler import ProfilerActivity, profile


@dataclass(frozen=True)
class Cost:
    """Ratios to the plain backbone: median, and the quartiles of the pairs.

    Attributes:
        name: who was measured.
        length: prompt length, 0 for none.
        what: 'inference', 'training step' or 'bytes kept'.
    """

    name: str
    length: int
    what: str
    ratio: float
    low: float
    high: float


class Contestant:
    """A backbone under test.

    Args:
        name: how the table calls it.
        model: a backbone; one of its parameters takes the gradient across all frozen blocks.
        length: prompt length.
        autocast: dtype of mixed precision, or None.
    """

    def __init__(self, name, model, *, length=0, autocast=None):
        self.name, self.model, self.length, self.autocast = name, model, length, autocast

    def forward(self, image):
        with torch.autocast(image.device.type, dtype=self.autocast, enabled=self.autocast is not None):
            return sum(output.float().sum() for output in self.model(image))

    @torch.no_grad()
    def infer(self, image):
        self.forward(image)

    def train_step(self, image):
        self.forward(image).backward()
        self.model.zero_grad()


def compare(contestants, image, *, repeats):
    """Costs of all contestants as ratios to the first, which is the plain backbone."""
    costs = []
    for what, run in (('inference', Contestant.infer), ('training step', Contestant.train_step)):
        seconds = {one: [] for one in contestants}
        for one in contestants:
            run(one, image)
        for _ in track(range(repeats), description=what):
            for one in contestants:
                seconds[one].append(timed(run, one, image))
        costs += [_cost(one, what, seconds[one], seconds[contestants[0]]) for one in contestants]
    kept = {one: bytes_kept(one, image) for one in track(contestants, description='bytes kept')}
    return costs + [_cost(one, 'bytes kept', [kept[one]], [kept[contestants[0]]]) for one in contestants]


def timed(run, one, image):
    """Seconds of one call, by the device's own clock on a GPU."""
    if image.device.type != 'cuda':
        start = time.perf_counter()
        run(one, image)
        return time.perf_counter() - start
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    start.record()
    run(one, image)
    end.record()
    torch.cuda.synchronize()
    return start.elapsed_time(end) / 1e3


def bytes_kept(one, image):
    """Bytes that a forward pass leaves allocated for the backward pass."""
    one.forward(image)
    if image.device.type == 'cuda':
        before = torch.cuda.memory_allocated()
        loss = one.forward(image)
        kept = torch.cuda.memory_allocated() - before
    else:
        with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as recorded:
            loss = one.forward(image)
        kept = sum(event.self_cpu_memory_usage for event in recorded.key_averages())
    del loss
    return kept


def _cost(one, what, values, plain):
    ratios = sorted(value / base for value, base in zip(values, plain))
    low, _, high = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
    return Cost(one.name, one.length, what, statistics.median(ratios), low, high)


def cost_table(costs, *, title):
    """The costs as a table: a row for each contestant and length, a column for each measure."""
    table = Table(title=title)
    table.add_column('')
    table.add_column('p', justify='right')
    columns = list(dict.fromkeys(cost.what for cost in costs))
    for column in columns:
        table.add_column(f'{column} / plain', justify='right')
    for name, length in dict.fromkeys((cost.name, cost.length) for cost in costs):
        cells = {cost.what: cost for cost in costs if (cost.name, cost.length) == (name, length)}
        table.add_row(name, str(length or ''), *(_cell(cells[column]) for column in columns))
    return table


def _cell(cost):
    spread = f' ({cost.low:.2f}-{cost.high:.2f})' if cost.high > cost.low else ''
    return f'{cost.ratio:.3f}{spread}'


def plot_costs(costs, path):
    """Ratios over prompt length, a panel for each measure (the paper's figures 18 and 19)."""
    import matplotlib
    matplotlib.use('Agg')
    import matplotlib.pyplot as plt
    columns = list(dict.fromkeys(cost.what for cost in costs))
    figure, axes = plt.subplots(1, len(columns), figsize=(4 * len(columns), 3.2), layout='constrained')
    for axis, what in zip(axes, columns):
        for name in dict.fromkeys(cost.name for cost in costs if cost.length):
            line = [cost for cost in costs if (cost.name, cost.what) == (name, what)]
            axis.errorbar([cost.length for cost in line], [cost.ratio for cost in line], marker='o', label=name,
                          yerr=[[cost.ratio - cost.low for cost in line], [cost.high - cost.ratio for cost in line]])
        axis.axhline(1, color='grey', linewidth=0.8)
        axis.set(title=what, xlabel='prompt length', ylabel='ratio to plain', ylim=(0, None))
    axes[0].legend()
    figure.savefig(path, dpi=150)
    plt.close(figure)
