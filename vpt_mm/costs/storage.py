"""Storage of many tasks beside one backbone: the paper's column of total parameters (Jia et al. 2022, table 1)."""
import copy
from dataclasses import dataclass

from ..datasets import TASKS
from ..errors import UsageError
from ..models.tuned import count_tuned
from ..models.weightless import build_weightless

# Mean prompt lengths of VPT-deep on ViT-B/16, by benchmark and group of its tasks: Jia et al. 2022, appendix.
LENGTHS = dict(fgvc=dict(fgvc=73), vtab=dict(natural=12.4, specialized=52.8, structured=107.5))


@dataclass(frozen=True)
class TaskGroup:
    """Tasks of a benchmark.

    Attributes:
        tasks: their number.
        classes: of all tasks together.
        length: mean prompt length of VPT-deep.
    """

    tasks: int
    classes: int
    length: float


def _group(name, length):
    classes = [task.classes for task in TASKS.values() if task.group == name]
    return TaskGroup(len(classes), sum(classes), length)


BENCHMARKS = {benchmark: [_group(name, length) for name, length in groups.items()]
              for benchmark, groups in LENGTHS.items()}


def storage_multiple(tuned, *, backbone, frozen):
    """Parameters stored, in backbones: the frozen share of one, and what the tasks tuned.

    Args:
        tuned: tuned parameters of all tasks together.
        backbone: parameters of the plain backbone.
        frozen: the share of its weights that tasks have in common.
    """
    return frozen + tuned / backbone


def tuned_over(config, benchmarks):
    """Tuned parameters of all tasks of the benchmarks, one classifier each.

    The counts grow evenly with classes, and with the length of DeepPrompt, which is the paper's for each task;
    all else is as the config says.

    Raises:
        UsageError: a model that is not a classifier.
    """
    if 'num_classes' not in (config.model.get('head') or {}):
        raise UsageError(f"the benchmarks' tasks are classifications, got a {config.model.type} whose head has no "
                         'num_classes: leave out --tasks, or give configs of classifiers.')
    least = _count(config, classes=1, length=1)
    by_class = _count(config, classes=2, length=1) - least
    by_length = _count(config, classes=1, length=2) - least
    return sum(group.tasks * (least + by_length * (group.length - 1)) + by_class * (group.classes - group.tasks)
               for name in benchmarks for group in BENCHMARKS[name])


def _count(config, *, classes, length):
    config = copy.deepcopy(config)
    config.model.head.num_classes = classes
    tuning = config.model.backbone.tuning
    for method in tuning if isinstance(tuning, (list, tuple)) else [tuning]:
        if method['type'] == 'DeepPrompt':
            method['length'] = length
    return count_tuned(build_weightless(config.model, scope=config.get('default_scope'))).tuned
