"""What a sweep is about, read from its file and checked before anything runs."""
import itertools
import os
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

from ..config_file import read_config_file
from ..datasets import select_tasks
from ..errors import UsageError, did_you_mean_beside
from .identity import digest

SEEDS = (42, 44, 82, 100, 800)  # of the paper's runs
KEYS = {'config', 'tasks', 'protocols', 'seeds', 'batch_size', 'long_prompts', 'options', 'fractions', 'sizes', 'abort'}
PROTOCOL_KEYS = {'tuning', 'optimizer', 'grid', 'head', 'options'}


@dataclass(frozen=True)
class Protocol:
    """A way to tune, and what is tried for it.

    Attributes:
        tuning: config of the tuning method, or a list of them.
        optimizer: config of the optimizer, without the learning rate.
        grid: {'lr': base learning rates, 'weight_decay': ..., argument of the (first) tuning method: ...}, each a
            list of values.
        head: what its head changes in the config's.
        options: other entries of the config, as {'train_cfg.max_epochs': 100}.
    """

    name: str
    tuning: object
    optimizer: dict
    grid: dict
    head: dict
    options: dict

    @property
    def points(self):
        """The grid's points in order, each a dict."""
        return [dict(zip(self.grid, values)) for values in itertools.product(*self.grid.values())]


@dataclass(frozen=True)
class Plan:
    """A whole sweep.

    Attributes:
        config: file of a classifier whose task is named by TASK.
        tasks: names, in the table's order.
        protocols: list of :class:`Protocol`.
        seeds: of the final runs; the first is that of the search as well.
        batch_size: where it is not the config's.
        long_prompts: {'length': ..., 'batch_size': ...}: another batch size from this prompt length on.
        options: entries of the config for all runs.
        fractions: shares of the training images, one search for each.
        sizes: sides of the images, one search for each; None for the config's own.
        abort: whether trials stop that have become hopeless (:class:`~vpt_mm.engine.hopeless_hook.StopHopelessHook`).
    """

    config: str
    tasks: list
    protocols: list
    seeds: list
    batch_size: int
    long_prompts: dict
    options: dict
    fractions: list
    sizes: list
    abort: bool

    @cached_property
    def identity(self):
        """Tells the results of this sweep from those of another."""
        return digest(asdict(self))


def read_plan(file, **changes):
    """Read a sweep's file.

    Args:
        file: a Python config with the entries that :class:`Plan` has.
        changes: entries that replace the file's, where they are not None; ``protocols`` names those to keep.

    Raises:
        UsageError: no sweep there, an unknown entry, a missing one or one of another kind, a grid without a point.
    """
    if not Path(file).is_file():
        raise UsageError(f'no sweep file at {file}.{did_you_mean_beside(file)} Those of vpt_mm are in configs/sweeps.')
    entries = read_config_file(file).to_dict()
    kept = changes.pop('protocols', None)
    entries.update({key: value for key, value in changes.items() if value is not None})
    require_keys(file, entries, known=KEYS, needed={'config', 'tasks', 'protocols'})
    require_kind(dict, file, entries, 'protocols', 'options', 'long_prompts')
    require_kind((list, tuple), file, entries, 'tasks', 'seeds', 'fractions', 'sizes')
    if not Path(entries['config']).is_file():
        raise UsageError(f"{file}: no config file at {entries['config']}.")
    protocols = [_protocol(name, given) for name, given in entries['protocols'].items()]
    plan = Plan(config=os.path.relpath(entries['config']), tasks=[task.name for task in select_tasks(entries['tasks'])],
                protocols=_keep(protocols, kept), seeds=list(entries.get('seeds', SEEDS)),
                batch_size=entries.get('batch_size'), long_prompts=entries.get('long_prompts') or {},
                options=entries.get('options') or {}, fractions=list(entries.get('fractions', [1.])),
                sizes=list(entries.get('sizes', [None])), abort=bool(entries.get('abort')))
    _check(plan)
    return plan


def require_keys(place, given, *, known, needed=frozenset()):
    """Raise UsageError for entries that are unknown or missing."""
    if set(given) - known or needed - set(given):
        wrong = [f'unknown: {key}' for key in sorted(set(given) - known)]
        wrong += [f'missing: {key}' for key in sorted(needed - set(given))]
        raise UsageError(f"{place} takes {', '.join(sorted(known))}; {', '.join(wrong)}.")


def require_kind(kind, place, given, *names):
    """Raise UsageError unless these entries, where they are given, are of a kind: a dict or a list."""
    for name in names:
        if given.get(name) is not None and not isinstance(given[name], kind):
            raise UsageError(f"{place}: {name} must be a {'dict' if kind is dict else 'list'}, got {given[name]!r}.")


def require_different_seeds(seeds):
    """Raise UsageError for seeds that are none, or come twice."""
    wrong = [seed for seed in seeds if not isinstance(seed, int) or seed < 0]
    if wrong or len(set(seeds)) < len(seeds):
        raise UsageError(f'seeds must be different whole numbers of 0 or more, got {seeds}.')


def _protocol(name, given):
    require_kind(dict, 'protocols', {name: given}, name)
    require_keys(f'protocol {name}', given, known=PROTOCOL_KEYS, needed={'tuning', 'optimizer', 'grid'})
    require_kind(dict, f'protocol {name}', given, 'optimizer', 'grid', 'head', 'options')
    grid = {axis: list(values) if isinstance(values, (list, tuple)) else [values]
            for axis, values in given['grid'].items()}
    empty = [axis for axis, values in grid.items() if not values]
    if empty or 'lr' not in grid:
        raise UsageError(f'the grid of protocol {name} needs a value of {(empty or ["lr"])[0]}, got none.')
    if not all(isinstance(lr, (int, float)) and lr > 0 for lr in grid['lr']):
        raise UsageError(f"the learning rates of protocol {name} must be positive numbers, got {grid['lr']}.")
    return Protocol(name=name, tuning=given['tuning'], optimizer=given['optimizer'], grid=grid,
                    head=given.get('head') or {}, options=given.get('options') or {})


def _keep(protocols, names):
    unknown = sorted(set(names or ()) - {protocol.name for protocol in protocols})
    if unknown:
        raise UsageError(f"the sweep has the protocols {', '.join(protocol.name for protocol in protocols)}, "
                         f"got {unknown[0]}.")
    return [protocol for protocol in protocols if names is None or protocol.name in names]


def _check(plan):
    for name in ('tasks', 'protocols', 'seeds', 'fractions', 'sizes'):
        if not getattr(plan, name):
            raise UsageError(f'a sweep needs {name}, got none.')
    require_different_seeds(plan.seeds)
    wrong = [fraction for fraction in plan.fractions if not 0 < fraction <= 1]
    if wrong:
        raise UsageError(f'data fractions must be above 0 and at most 1, got {wrong[0]}.')
