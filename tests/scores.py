"""Scores of the paper, and tables of results made of such."""
from vpt_mm.datasets import TASKS, select_tasks

VTAB = [task.name for task in select_tasks('vtab')]
# Top-1 accuracy on VTAB-1k with ViT-B/16, in the order of the table of tasks: natural, specialized, structured.
# Source: Jia et al., Visual Prompt Tuning, ECCV 2022, the appendix's table of per-task results.
FULL = dict(zip(VTAB, [68.9, 87.7, 64.3, 97.2, 86.9, 87.4, 38.8, 79.7, 95.7, 84.2, 73.9,
                       56.3, 58.6, 41.7, 65.5, 57.5, 46.7, 25.7, 29.1]))
DEEP = dict(zip(VTAB, [78.8, 90.8, 65.8, 98.0, 88.3, 78.1, 49.6, 81.8, 96.1, 83.4, 68.4,
                       68.5, 60.0, 46.5, 72.8, 73.6, 47.9, 32.9, 37.8]))
PROTOCOLS = {'Full': FULL, 'VPT-deep': DEEP}


def rows_of(protocols, *, seeds=(1,), spread=0., **columns):
    """Rows as vpt-mm sweep writes them, whose scores grow by ``spread`` from seed to seed."""
    return [{**dict(sweep='one', group=TASKS[task].group, task=task, protocol=protocol, split='test', final=True,
                      seed=seed, fraction=1., size=224, tuned=TASKS[task].classes * 769, backbone=85_798_656,
                      frozen=protocol != 'Full', value=value + spread * place), **columns}
            for protocol, scores in protocols.items() for task, value in scores.items()
            for place, seed in enumerate(seeds)]
