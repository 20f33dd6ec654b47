"""One run in this process, with little beside the training: no checkpoint, no console, one evaluation at the end."""
import copy
import functools
import gc
import importlib
import json
import logging
import os
import time
import warnings
from pathlib import Path

import mmengine
import mmpretrain
import torch
from mmengine.config import Config
from mmengine.runner import Runner

from ..engine.accuracy_matrix import matrix_from
from ..engine.isolation import forget_runs
from ..engine.runner import end_workers
from ..files import write_whole
from ..models.tuned import count_tuned
from ..version import __version__


class TerseConfig(Config):
    """A config that writes itself without formatting, which takes longer than a short run."""

    @property
    def pretty_text(self):
        return str(self._cfg_dict)


class SweepRunner(Runner):
    """mmengine's runner, which logs to its file alone and asks no compiler for its version."""

    def build_logger(self, **kwargs):
        logger = super().build_logger(**kwargs)
        for handler in list(logger.handlers):
            if not isinstance(handler, logging.FileHandler):
                logger.removeHandler(handler)
        return logger

    def _log_env(self, env_cfg):
        self.logger.info(f'Config:\n{self.cfg.pretty_text}')

    def dump_config(self):
        """The config is in the log."""


def execute(config, *, work_dir, save=False, train=True, tests=None):
    """Train and evaluate.

    Args:
        config: of the run, a plain dict.
        work_dir: for the log, and for checkpoints where they are saved.
        save: write the config's checkpoints, and ``config.json``, which tools/test.py takes with them.
        train: False for a model that needs no training.
        tests: {name: what its test dataset has in place of the config's}, for several; their metrics begin with the
            name and a slash.

    Returns:
        dict: ``metrics``, ``seconds``, ``aborted``, counts of parameters, versions; of a stream ``accuracies`` and what
            is made of them.
    """
    started = time.perf_counter()
    for module in (config.get('custom_imports') or {}).get('imports', ()):
        importlib.import_module(module)
    warnings.filterwarnings('ignore', module='mm(engine|pretrain)')
    if save:
        write_whole(json.dumps(config, indent=1).encode(), Path(work_dir, 'config.json'))
    runner = SweepRunner.from_cfg(_quiet(config, work_dir=work_dir, save=save))
    try:
        if train:
            runner.train()
        else:
            runner.call_hook('before_run')
        return dict(**scores_of(runner, tests),
                    aborted=any(getattr(hook, 'stopped', False) for hook in runner.hooks),
                    **parameter_counts(runner.model), seconds=round(time.perf_counter() - started, 3), **versions())
    finally:
        end_workers(runner)
        forget_runs()


def scores_of(runner, tests=None):
    """What a run reached: ``metrics`` of its test or tests, or of its matrix of accuracies, which comes along."""
    hub = runner.message_hub
    if 'accuracies' not in hub.runtime_info:
        metrics = runner.test_loop.run() if tests is None else {
            f'{name}/{metric}': value for name, changes in tests.items() for metric, value in _test(runner, changes)}
        return dict(metrics={name: float(value) for name, value in metrics.items()})
    matrix = matrix_from(hub.get_info('accuracies'))
    others = {name.replace(' ', '_'): value for name, value in matrix.summary().items() if name != 'average accuracy'}
    return dict(metrics=matrix.summary(), **others, accuracies=matrix.rows)


def _test(runner, changes):
    """Metrics on a dataset that differs from the config's."""
    loader = copy.deepcopy(runner.cfg.test_dataloader)
    loader.dataset.update(changes)
    runner._test_dataloader, runner._test_evaluator = loader, runner.cfg.test_evaluator
    runner._test_loop = runner.build_test_loop(runner.cfg.test_cfg)
    return runner.test_loop.run().items()


def _quiet(config, *, work_dir, save):
    config = TerseConfig(config, filename=None)
    config.work_dir = str(work_dir)
    config.visualizer = dict(type='Visualizer')
    if not save:
        config.default_hooks = dict(config.get('default_hooks') or {}, checkpoint=None)
    return config


def parameter_counts(model):
    """Parameters: tuned in all, of them those of heads, of the plain backbone, and the share of it that tasks have in
    common."""
    counts = count_tuned(model)
    return dict(tuned=counts.tuned, head=counts.head, backbone=counts.plain, frozen=counts.frozen)


def versions():
    return dict(vpt_mm=__version__, torch=torch.__version__, mmengine=mmengine.__version__,
                mmpretrain=mmpretrain.__version__)


def execute_in_worker(config, *, work_dir, threads, folder, **options):
    """:func:`execute` in a process of a pool, with the caller's folder and so many threads."""
    _settle()
    if os.path.isdir(folder):
        os.chdir(folder)
    torch.set_num_threads(threads)
    try:
        return execute(config, work_dir=work_dir, **options)
    finally:
        gc.collect()  # runners and their hooks refer to each other
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


@functools.cache
def _settle():
    """Once in a process: what the imports made stays, so that later collections need not look at it."""
    gc.collect()
    gc.freeze()
