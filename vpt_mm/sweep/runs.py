"""The single runs of a sweep: which there are, and the whole config of each."""
import copy
from dataclasses import dataclass
from functools import cached_property

from ..config_file import MODEL, read_config_file
from ..datasets import find_task
from ..errors import UsageError
from .identity import environment, identity_of
from .plan import Plan, Protocol
from .recipes import RecipePlan


@dataclass(frozen=True)
class Cell:
    """One search and its final runs: a task, a protocol, a share of the data, a size of the images."""

    plan: Plan
    task: str
    protocol: Protocol
    fraction: float
    size: int

    @property
    def root(self):
        """Folder that holds the task's folder."""
        return self.base['train_dataloader']['dataset'].get('root', 'data')

    @cached_property
    def base(self):
        """What the runs of the cell share, as a plain dict."""
        config = base_config(self.plan.config, self.task, self.size)
        try:
            config.merge_from_dict(copy.deepcopy({**self.plan.options, **self.protocol.options}))
        except (TypeError, KeyError, AttributeError) as error:
            raise UsageError(f'the options of the sweep do not fit {self.plan.config}: {error}') from None
        config.model.head.update(copy.deepcopy(self.protocol.head))
        if config.train_cfg.get('type') != 'ContinualLoop':  # which tests by its validation
            config.val_dataloader = config.val_cfg = config.val_evaluator = None
        return config.to_dict()

    @cached_property
    def trials(self):
        """Runs on the validation split, one for each point; none where there is nothing to choose."""
        points = self.protocol.points
        return [Run(self, point, self.plan.seeds[0], final=False) for point in points] if len(points) > 1 else []

    def finals(self, point):
        """Runs on the test split, one for each seed."""
        return [Run(self, point, seed, final=True) for seed in self.plan.seeds]

    def best(self, values):
        """The point of the best trial; ties go to the smaller learning rate (the paper's rule), else the first.

        Args:
            values: of the trials, in their order.
        """
        points = self.protocol.points
        return points[min(range(len(values)), key=lambda i: (-values[i], points[i]['lr'], i))] if values else points[0]


@dataclass(frozen=True)
class Run:
    """One training and its evaluation.

    Attributes:
        point: {'lr': base learning rate, ...} of the grid.
        final: trained on all training images and tested; otherwise on the search's two splits.
    """

    cell: Cell
    point: dict
    seed: int
    final: bool

    @property
    def split(self):
        """That it is evaluated on."""
        splits = find_task(self.cell.task).splits
        return splits.test if self.final else splits.val

    @property
    def batch_size(self):
        """Images at once: the plan's number, or the config's own."""
        plan = self.cell.plan
        if plan.long_prompts and self.point.get('length', 0) >= plan.long_prompts['length']:
            return plan.long_prompts['batch_size']
        return plan.batch_size or self.cell.base['train_dataloader']['batch_size']

    @property
    def config(self):
        """All that decides about the run, as a plain dict."""
        cell, splits = self.cell, find_task(self.cell.task).splits
        config = copy.deepcopy(cell.base)
        train, optimizer = config['train_dataloader'], dict(cell.protocol.optimizer)
        train['batch_size'] = self.batch_size
        train['dataset'].update(split=splits.both if self.final else splits.train, fraction=cell.fraction)
        for phase in ('val', 'test'):
            if config[f'{phase}_dataloader']:
                config[f'{phase}_dataloader']['dataset']['split'] = self.split
        config['model']['backbone']['tuning'] = self.tuning
        if 'weight_decay' in self.point:
            optimizer['weight_decay'] = self.point['weight_decay']
        config['optim_wrapper']['optimizer'] = dict(optimizer, lr=self.point['lr'] * self.batch_size / 256)
        config['randomness'] = dict(config.get('randomness') or {}, seed=self.seed)
        if cell.plan.abort and not self.final:
            config['custom_hooks'] = [*(config.get('custom_hooks') or ()), dict(type='StopHopelessHook')]
        return config

    @property
    def tuning(self):
        """The tuning method's config, with the point's values."""
        methods = copy.deepcopy(self.cell.protocol.tuning)
        first = methods[0] if isinstance(methods, list) else methods
        first.update({key: value for key, value in self.point.items() if key not in ('lr', 'weight_decay')})
        return methods

    @cached_property
    def identity(self):
        return identity_of(self.config)

    @property
    def metric(self):
        """Of mmengine's evaluator, by which the run is judged."""
        return find_task(self.cell.task).metric

    @property
    def reported(self):
        """Whether it may be a final run."""
        return self.final

    @property
    def options(self):
        """Of :func:`~vpt_mm.sweep.execute.execute`, beside those of all runs."""
        return {}

    def columns(self, metrics):
        """What a table says of the metrics, beside the one that counts."""
        return {}

    @property
    def title(self):
        return f"{self.cell.protocol.name} on {self.cell.task}, {self.split}, seed {self.seed}, " + \
            ', '.join(f'{key} {value}' for key, value in self.point.items())

    def describe(self):
        """What a table of results says about the run, apart from what came out."""
        cell, task = self.cell, find_task(self.cell.task)
        return dict(sweep=cell.plan.identity, config=cell.plan.config, benchmark=task.benchmark,
                    group=task.group, task=task.name, protocol=cell.protocol.name, split=self.split, final=self.final,
                    seed=self.seed, fraction=cell.fraction, size=cell.size, batch_size=self.batch_size, **self.point,
                    metric=self.metric)


def cells_of(plan):
    """All cells of a sweep."""
    if isinstance(plan, RecipePlan):
        return plan.cells
    for name in plan.tasks:
        if find_task(name).splits is None:
            raise UsageError(f'{name} has no list files, and a sweep needs their splits: train its configs one by one.')
    return [Cell(plan, task, protocol, fraction, size) for size in plan.sizes for fraction in plan.fractions
            for task in plan.tasks for protocol in plan.protocols]


def base_config(file, task, size=None):
    """The config file as it is for a task and a size.

    Raises:
        UsageError: a config that is not a classifier on a task's list files.
    """
    with environment(TASK=task, SIZE=size):
        config = read_config_file(file, needs=MODEL)
    dataset = (config.get('train_dataloader') or {}).get('dataset') or {}
    if dataset.get('task') != task or not config.get('test_dataloader') or 'head' not in config.model:
        raise UsageError(f'{file} must be a classifier whose datasets take their task from TASK, as '
                         'configs/vtab/vit-b_vtab.py does.')
    return config
