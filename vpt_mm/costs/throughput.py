"""Images a second of a config's training on one process and on several, from the times that mmengine logs."""
import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.table import Table

from ..config_file import read_config_file, require_entries
from ..errors import UsageError

WARM_UP = 0.3  # share of the steps that are not counted


@dataclass(frozen=True)
class Throughput:
    """What one run reached.

    Attributes:
        processes: number of processes, each with a GPU or, without GPUs, on the CPU.
        seconds: median of a step.
        images: a second, over all processes.
    """

    processes: int
    seconds: float
    images: float


def measure_throughput(config, *, processes, steps, options=()):
    """Train a config for some steps on each number of processes, in turn, and read the times of its steps.

    Args:
        config: path of a config whose training counts iterations.
        processes: numbers of processes.
        steps: steps of each run.
        options: more entries for --cfg-options of vpt-mm train, 'key=value' each.

    Raises:
        UsageError: no config there, training by epochs, too few steps, or a run that failed (with its message, or the
            end of its log).
    """
    loaded = read_config_file(config, needs=['train_cfg'])
    if loaded.train_cfg.get('by_epoch', 'Iter' not in loaded.train_cfg.get('type', '')):
        raise UsageError(f'{config} trains by epochs: throughput is read from a config that counts iterations.')
    if steps < 10:
        raise UsageError(f'steps must be 10 or more, for a median after the warm-up, got {steps}.')
    require_entries(loaded, 'train_dataloader.batch_size')
    batch = loaded.train_dataloader.batch_size
    options = [f'train_cfg.max_iters={steps}', f'train_cfg.val_interval={steps + 1}', 'default_hooks.logger.interval=1',
               *options]
    batch = next((int(option.partition('=')[2]) for option in options
                  if option.startswith('train_dataloader.batch_size=')), batch)
    return [_measure(config, count, batch, options) for count in processes]


def _measure(config, count, batch, options):
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, '-m', 'torch.distributed.run', '--standalone', '--nproc-per-node', str(count),
                   '-m', 'vpt_mm', 'train', str(config), '--launcher', 'pytorch', '--no-validate', '--work-dir', folder,
                   '--cfg-options', *options]
        ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if ended.returncode:
            raise UsageError(f'training on {count} processes failed{_reason(ended.stdout)}')
        seconds = read_seconds(folder)
    return Throughput(count, seconds, batch * count / seconds)


def _reason(log):
    """What the training said in one message, else the end of its log."""
    said = re.search(r'^error: (.*(?:\n  .*)*)', log, re.MULTILINE)
    return f': {said[1]}' if said else f':\n{log[-2000:]}'


def read_seconds(work_dir):
    """Median seconds of a step, from the log of a run that logged every step."""
    log, = Path(work_dir).glob('*/vis_data/scalars.json')
    times = [json.loads(line)['time'] for line in log.read_text().splitlines() if 'loss' in line]
    return median(times[int(len(times) * WARM_UP):])


def throughput_table(measured):
    """A list of :class:`Throughput` as a table, with the ratio to the first."""
    table = Table(title='Training throughput')
    for column in ('processes', 'seconds a step', 'images a second', 'ratio'):
        table.add_column(column, justify='right')
    for run in measured:
        table.add_row(str(run.processes), f'{run.seconds:.3f}', f'{run.images:.1f}',
                      f'{run.images / measured[0].images:.2f}')
    return table
