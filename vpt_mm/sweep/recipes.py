"""Sweeps over recipes: configs as they stand, which take task, shots, seed and a grid's values from the environment."""
import copy
import itertools
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
    """A row of the result: a config, what it takes from the environment, and entries of its own.

    Attributes:
        grid: {name in the environment: values that are tried}; nothing is searched where it is empty.
        tasks: names of those that it is for; None for all.
    """

    name: str
    config: str
    environment: dict
    options: dict
    grid: dict = field(default_factory=dict)
    tasks: list | None = None

    @property
    def points(self):
        """The grid's points in order, each a dict; an empty one where there is no grid."""
        return [dict(zip(self.grid, values)) for values in itertools.product(*self.grid.values())]


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
        choose: name of the test by which a point of a grid is chosen, on the first seed; the others have no say.
        options: entries of the config for all runs.
        group, metric: of all tasks.
    """

    recipes: list
    tasks: dict
    seeds: list
    shots: list
    environment: dict = field(default_factory=dict)
    tests: dict = field(default_factory=dict)
    choose: str | None = None
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
                for recipe in self.recipes if recipe.tasks is None or task in recipe.tasks]

    @cached_property
    def known(self):
        """Configs that were read, by file and environment."""
        return {}

    def config_of(self, file, given):
        """A config under an environment, read once: mmengine takes half a second where a base is another package's."""
        key = file, *((name, str(value)) for name, value in given.items() if value is not None)
        if key not in self.known:
            with environment(**given):
                self.known[key] = read_config_file(file, needs=MODEL)
        return self.known[key]

    def require_data(self):
        """Look at the data of every task before anything runs, and draw the shots.

        Raises:
            UsageError: the first that is not as it must be.
        """
        read: list = []  # files that were looked at
        built = set()  # datasets, which recipes share
        for cell in {(cell.task, cell.protocol.name): cell for cell in self.cells}.values():
            run = cell.run(self.seeds[0], 0)
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
    """A recipe on a task, with so many shots: a run for each point of its grid on the first seed, and the best point on
    the others. The run of the best point is a final run as it stands, since every run is tested by all tests."""

    plan: RecipePlan
    task: str
    protocol: Recipe
    shots: int
    known: dict = field(default_factory=dict, compare=False)

    def run(self, seed, number, *, final=True):
        """The run of a seed and of a point of the grid."""
        key = seed, number, final
        if key not in self.known:
            self.known[key] = RecipeRun(self, seed, self.protocol.points[number], final)
        return self.known[key]

    @property
    def trials(self):
        numbers = range(len(self.protocol.points))
        return [self.run(self.plan.seeds[0], number, final=False) for number in numbers] if len(numbers) > 1 else []

    def finals(self, point):
        return [self.run(seed, self.protocol.points.index(point)) for seed in self.plan.seeds]

    def best(self, values):
        """The point of the best trial, of the first where several are; ``values`` are those of the trials."""
        return self.protocol.points[max(range(len(values)), key=lambda number: values[number]) if values else 0]


@dataclass(frozen=True)
class RecipeRun:
    """One training and its tests.

    Attributes:
        point: {name in the environment: value} of the grid.
        final: judged by the test that counts; otherwise by that which chooses.
    """

    cell: RecipeCell
    seed: int
    point: dict
    final: bool
    reported = True  # whether it may be a final run, as the best of a search is

    @property
    def split(self):
        """That it is judged by."""
        return 'test' if self.final else self.cell.plan.choose

    @property
    def metric(self):
        """The name of the metric that counts: of several tests, the first's, or in a search that which chooses."""
        tests = list(self.cell.plan.tests)[:1] if self.final else [self.cell.plan.choose]
        return '/'.join([*tests, self.cell.plan.metric])

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
                 **dict(SHOTS=self.cell.shots, SEED=self.seed), **self.point, **more}
        config = copy.deepcopy(plan.config_of(self.cell.protocol.config, given))
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
        point = ''.join(f', {name} {value}' for name, value in self.point.items())
        return f'{self.cell.protocol.name} on {self.cell.task}{shots}{point}, seed {self.seed}'

    def describe(self):
        """What a table of results says about the run, apart from what came out."""
        cell, plan = self.cell, self.cell.plan
        return dict(sweep=plan.identity, config=cell.protocol.config, benchmark=plan.group, group=plan.group,
                    task=cell.task, protocol=cell.protocol.name, split=self.split, final=self.final, seed=self.seed,
                    shots=cell.shots, fraction=1., size=None,
                    **{name.lower(): value for name, value in self.point.items()}, metric=plan.metric)
