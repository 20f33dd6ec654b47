"""Metrics: each is computed once on a made-up prediction; what watches a metric finds it under its name."""
import logging
import tempfile
from contextlib import contextmanager

import torch
from mmengine.logging import MMLogger
from mmengine.registry import HOOKS, METRICS

from ...errors import UsageError, did_you_mean, some, telling
from .parts import listed, metrics_of, name_of

MOST_CLASSES = 255  # the first may be number 1
PIXELS = ('IoUMetric', )
IMAGES = ('Accuracy', 'SingleLabelMetric', 'ConfusionMatrix')


def check_metrics(config, phase, *, classes, masks):
    """The metrics of a phase take what is predicted; returns their names, or None where some are not known.

    Args:
        phase: 'val' or 'test'.
        classes: names of the data's classes.
        masks: whether the pipeline loads masks.

    Raises:
        UsageError: names the metric and what it says.
    """
    found = set()
    for metric in metrics_of(config, phase):
        name = name_of(metric)
        if not classes or name not in PIXELS + IMAGES:
            found = None
            continue
        if name in PIXELS and not masks and not metric.get('format_only'):
            raise UsageError(f'{name} compares predictions with masks, and the pipeline of {phase}_dataloader loads '
                             f'none: set format_only=True and output_dir in {phase}_evaluator, or add LoadAnnotations.')
        if name in PIXELS and metric.get('format_only') and not metric.get('output_dir'):
            raise UsageError(f'{name} with format_only=True writes predictions alone: set {phase}_evaluator.output_dir '
                             'to the folder for them.')
        if name in PIXELS and metric.get('output_dir') and len(classes) > MOST_CLASSES:
            raise UsageError(f'{name} writes predictions with 8 bits, for {MOST_CLASSES} classes at most, got '
                             f'{len(classes)}: take output_dir out of {phase}_evaluator.')
        names = _names_of(metric, phase, len(classes))
        found = None if found is None else found | names
    return found


def check_watched(config, names):
    """What chooses the best checkpoint, stops early or lowers the rate watches a metric of the validation.

    Args:
        names: of the validation's metrics.

    Raises:
        UsageError: names who watches what, and the metrics that there are.
    """
    checkpoint = (config.get('default_hooks') or {}).get('checkpoint') or {}
    watched = [('default_hooks.checkpoint.save_best', name) for name in listed(checkpoint.get('save_best'))]
    watched += [(f'custom_hooks.{number}.monitor', hook.get('monitor'))
                for number, hook in enumerate(config.get('custom_hooks') or ()) if hook.get('monitor')]
    watched += [('param_scheduler.monitor', one.get('monitor')) for one in listed(config.get('param_scheduler'))
                if name_of(one).startswith('ReduceOnPlateau')]
    for place, name in watched:
        if name not in (None, 'auto') and name not in names:
            raise UsageError(f'{place} is {name!r}, and the validation gives {some(sorted(names))}: set it to one of '
                             f'these, or change val_evaluator.{did_you_mean(name, names)}')
    if checkpoint.get('save_best') and checkpoint.get('type'):
        with telling('default_hooks.checkpoint cannot be built (rule says whether a metric is to be greater or less)'):
            HOOKS.build(dict(checkpoint))


def _names_of(config, phase, count):
    """The names under which a metric gives its values, from one made-up prediction."""
    labels = torch.arange(count).reshape(1, 1, count)
    scores = torch.linspace(0, 1, count)
    sample = dict(pred_sem_seg=dict(data=labels), gt_sem_seg=dict(data=labels), img_path='made-up.png',
                  pred_score=scores, pred_label=scores.argmax()[None], gt_label=scores.argmax()[None])
    with tempfile.TemporaryDirectory() as folder, _quiet(), telling(f'{phase}_evaluator does not fit {count} classes'):
        metric = METRICS.build({**config, **(dict(output_dir=folder) if config.get('output_dir') else {})})
        metric.dataset_meta = dict(classes=[str(label) for label in range(count)])
        metric.process({}, [sample])
        return set(metric.evaluate(1))


@contextmanager
def _quiet():
    """Metrics print tables."""
    before = logging.root.manager.disable
    _disable(logging.CRITICAL)
    try:
        yield
    finally:
        _disable(before)


def _disable(level):
    """``logging.disable``, also for a logger of mmengine that has logged already: it remembers that it is heard."""
    logging.disable(level)
    logger = MMLogger.get_current_instance()
    logger.setLevel(logger.level)  # which makes all of mmengine's forget
