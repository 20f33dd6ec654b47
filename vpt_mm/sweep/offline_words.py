"""The experiment on the small image-text model: base to new, and from clean drawings to other styles."""
import copy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ..config_file import read_config_file
from ..datasets.offline.drawings import STYLES
from ..errors import UsageError
from ..files import require_writable
from ..results.table_one import seeds_table
from ..results.words import pair_sheet
from .execute import execute
from .identity import digest
from .store import commit, write_csv

CONFIG, ADAPT = (f'configs/offline/{name}.py' for name in ('words_offline', 'words_adapt_offline'))
SEEDS = (42, 44, 82)
METRIC = 'accuracy/top1'
BASES = dict(letters='base_letters', pairs='seen_pairs')  # trained on
TESTS = dict(
    letters={'base letters': 'base_letters', 'new letters': 'new_letters', 'unseen letters': 'unseen_letters'},
    pairs={'seen pairs': 'seen_pairs', 'unseen pairs': 'unseen_pairs'})
DRAWN = dict(letters='outlined', pairs='clean')  # styles: what leaves something to learn
CLEAN, *TARGETS = STYLES

PLAIN = {'model.head.text.tuning': dict(type='LinearProbe', _delete_=True)}  # no words are learned
CONTEXT = {'optim_wrapper.optimizer.lr': 0.02}
METHODS = {
    'zero-shot': PLAIN,
    'VPT': {**PLAIN, 'model.backbone.tuning': dict(type='DeepPrompt', length=4, _delete_=True),
            'optim_wrapper.optimizer.lr': 0.2, 'train_cfg.max_iters': 200, 'param_scheduler.1.end': 200},
    'CoOp': CONTEXT,
    'CoCoOp': {**CONTEXT, 'model.head.text.tuning.type': 'ConditionalContext', 'train_dataloader.batch_size': 16},
}
ADAPTATIONS = {'zero-shot': PLAIN, 'source model': CONTEXT, 'DAPL': CONTEXT}


@dataclass(frozen=True)
class Trial:
    """One training and its tests.

    Attributes:
        group: 'letters', 'pairs' or 'styles'.
        protocol: of ``METHODS`` or, of styles, of ``ADAPTATIONS``.
        target: the style that DAPL adapts to; elsewhere None.
    """

    group: str
    protocol: str
    seed: int
    target: str | None = None

    @cached_property
    def config(self):
        """All that decides about the run, as a plain dict."""
        config = read_config_file(ADAPT if self.target else CONFIG)
        config.merge_from_dict(copy.deepcopy((ADAPTATIONS if self.group == 'styles' else METHODS)[self.protocol]))
        config.randomness = dict(seed=self.seed)
        images = config.train_dataloader.dataset
        if self.target:
            config.model.head.text.tuning.target = self.target
            for number, part in enumerate(images.datasets):
                part.seed = 2 * self.seed + number
            images.datasets[1].style = self.target
        else:
            images.update(seed=2 * self.seed, group=BASES.get(self.group, 'letters'),
                          style=DRAWN.get(self.group, CLEAN))
        return config.to_dict()

    @property
    def tests(self):
        """{name: what is changed in the test dataset}."""
        if self.group == 'styles':
            return {style: dict(group='letters', style=style) for style in ([self.target] if self.target else STYLES)}
        return {name: dict(group=group, style=DRAWN[self.group]) for name, group in TESTS[self.group].items()}

    def rows(self, work_dir):
        """Run it: a row of the table of results for each test."""
        outcome = execute(self.config, work_dir=work_dir, train=self.protocol != 'zero-shot', tests=self.tests)
        metrics = outcome.pop('metrics')
        return [dict(sweep=identity(), config=ADAPT if self.target else CONFIG,
                     group='source' if name == CLEAN else self.group, task=name,
                     protocol=self.protocol, split='test', final=True, seed=self.seed, fraction=1.0, size=None,
                     metric=METRIC, value=round(metrics[f'{name}/{METRIC}'], 4), **outcome, commit=commit())
                for name in self.tests]


def identity():
    """Tells results of this experiment from others."""
    return digest([METHODS, ADAPTATIONS, TESTS, DRAWN])


def trials_of(seeds=SEEDS):
    """All trials, in the order of the tables."""
    methods = [(group, protocol, None) for group in TESTS for protocol in METHODS]
    adaptations = [('styles', protocol, target) for protocol in ADAPTATIONS
                   for target in (TARGETS if protocol == 'DAPL' else [None])]
    return [Trial(group, protocol, seed, target) for group, protocol, target in methods + adaptations
            for seed in seeds]


def sheets_of(rows):
    """The tables of the experiment: letters, pairs, and styles."""
    sheets = []
    for group, tests in TESTS.items():
        base, new, *others = tests
        sheets.append(pair_sheet([row for row in rows if row['group'] == group], base=base, new=new,
                                        others=others))
    return [*sheets, seeds_table([row for row in rows if row['group'] == 'styles'])]


def run_experiment(out, *, seeds=SEEDS, report=print):
    """Run all trials one after another, and write ``results.csv`` into a folder after each; returns the rows.

    Raises:
        UsageError: a place that can't be written, or another folder than that of the repository.
    """
    if not Path(CONFIG).is_file():
        raise UsageError(f'no {CONFIG} here: run this in the folder of the repository.')
    require_writable(Path(out, 'results.csv'))
    rows = []
    for trial in trials_of(seeds):
        found = trial.rows(Path(out, 'logs', digest([trial.group, trial.protocol, trial.seed, trial.target])))
        rows += found
        report(f'{trial.group}, {trial.protocol}, seed {trial.seed}: '
               + ', '.join(f"{row['task']} {row['value']:.1f}" for row in found))
        write_csv(rows, list(rows[0]), Path(out, 'results.csv'))
    return rows
