"""Sweeps over recipes: configs as they stand, which take task, shots and seed from the environment; no search."""
import copy
from dataclasses import asdict, dataclass, field
from functools import cached_property

from mmengine.config import ConfigDict
from mmengine.registry import init_default_scope

from ..config_file import MODEL, read_config_file
from ..engine.checks.data import check_data
from ..engine.checks.parts import build_dataset
from ..errors import UsageError
from .identity import digest, environment, identity_of


@dataclass(frozen=True)
class Recipe:
    """A row of the result: a config, what it takes from the environment, and entries of its own."""

    name: str
    config: str
    environment: dict
    options: dict


@dataclass(frozen=True)
class RecipePlan:
    """A sweep over recipes, tasks, shots and seeds.

    Attributes:
        recipes: list of :class:`Recipe`; in the file, {name: dict(config=..., environment=..., options=...)}.
        tasks: {name: what configs take from the environment for it}.
        seeds: of training and of the draw of shots, as SEED.
        shots: numbers of images of each class, as SHOTS; None leaves it to the configs.
        environment: of all runs.
        tests: {name of a column: environment under which the config's test data are asked for}, of which the first
            counts; none: the config's own.
        options: entries of the config for all runs.
        group, metric: of all tasks.
    """

    recipes: list
    tasks: dict
    seeds: list
    shots: list
    environment: dict = field(default_factory=dict)
    tests: dict = field(default_factory=dict)
    options: dict = field(default_factory=dict)
    group: str = 'words'
    metric: str = 'accuracy/top1'

    @cached_property
    def identity(self):
        """Tells the results of this sweep from those of another."""
        return digest(asdict(self))

    @cached_property
    def cells(self):
        return [RecipeCell(self, task, recipe, shots) for shots in self.shots for task in self.tasks
                for recipe in self.recipes]

    def require_data(self):
        """Look at the data of every task before anything runs, and draw the shots.

        Raises:
            UsageError: the first that is not as it must be.
        """
        read: list = []  # files that were looked at
        built = set()  # datasets, which recipes share
        for cell in {(cell.task, cell.protocol.name): cell for cell in self.cells}.values():
            run = cell.runs[0]
            init_default_scope(run.config['default_scope'])
            loaders = [run.config.get('train_dataloader'), run.config['test_dataloader']]
            for dataset in [*(loader['dataset'] for loader in loaders if loader),
                            *(run.options['tests'] or {}).values()]:
                check_data(ConfigDict(dataset), run.config['model'], phase='test', read=read)
                if (known := digest(dataset)) not in built:
                    build_dataset(dataset)
                    built.add(known)


@dataclass(frozen=True)
class RecipeCell:
    """A recipe on a task, with so many shots; its final runs differ by the seed."""

    plan: RecipePlan
    task: str
    protocol: Recipe
    shots: int
    trials = ()

    @cached_property
    def runs(self):
        return [RecipeRun(self, seed) for seed in self.plan.seeds]

    def finals(self, point):
        return self.runs

    def best(self, values):
        return {}


@dataclass(frozen=True)
class RecipeRun:
    """One training and its tests."""

    cell: RecipeCell
    seed: int
    point = {}
    final = True

    @property
    def metric(self):
        """The name of the metric that counts: of several tests, the first's."""
        return '/'.join([*list(self.cell.plan.tests)[:1], self.cell.plan.metric])

    @cached_property
    def options(self):
        """Of :func:`~vpt_mm.sweep.execute.execute`, beside those of all runs."""
        configs = {name: self.read(**given) if given else self.config for name, given in self.cell.plan.tests.items()}
        tests = {name: config['test_dataloader']['dataset'] for name, config in configs.items()}
        return dict(train=bool(self.config.get('train_cfg')), tests=tests or None)

    def columns(self, metrics):
        """The metric of each test."""
        return {name: metrics[f'{name}/{self.cell.plan.metric}'] for name in self.cell.plan.tests}

    def read(self, **more):
        """The config under the environment of the run."""
        plan = self.cell.plan
        given = {**plan.environment, **plan.tasks[self.cell.task], **self.cell.protocol.environment,
                 **dict(SHOTS=self.cell.shots, SEED=self.seed), **more}
        with environment(**given):
            config = read_config_file(self.cell.protocol.config, needs=MODEL)
        try:
            config.merge_from_dict(copy.deepcopy({**plan.options, **self.cell.protocol.options}))
        except (TypeError, KeyError, AttributeError) as error:
            raise UsageError(f'the options of the sweep do not fit {self.cell.protocol.config}: {error}') from None
        return config.to_dict()

    @cached_property
    def config(self):
        """All that decides about the run, as a plain dict."""
        return dict(self.read(), val_dataloader=None, val_cfg=None, val_evaluator=None)

    @cached_property
    def identity(self):
        return identity_of(dict(self.config, tests=self.options['tests']))

    @property
    def title(self):
        shots = '' if self.cell.shots is None else f', {self.cell.shots} shots'
        return f'{self.cell.protocol.name} on {self.cell.task}{shots}, seed {self.seed}'

    def describe(self):
        """What a table of results says about the run, apart from what came out."""
        cell, plan = self.cell, self.cell.plan
        return dict(sweep=plan.identity, config=cell.protocol.config, benchmark=plan.group, group=plan.group,
                    task=cell.task, protocol=cell.protocol.name, split='test', final=True, seed=self.seed,
                    shots=cell.shots, fraction=1., size=None, metric=plan.metric)
