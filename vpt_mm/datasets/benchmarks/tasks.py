"""The benchmarks' tasks, as data: classes, folder, splits.

A config takes its task from the environment, so that one config serves a whole benchmark:

    TASK=dtd python tools/train.py configs/vtab/vit-b_vtab.py

The config's base of data has the line ::

    task = __import__('vpt_mm').datasets.task_config('{{$TASK:cifar}}', benchmark='vtab')

(a call, because an import statement would turn mmengine's ``custom_imports`` off), the head has
``num_classes={{_base_.task.classes}}`` and the datasets are ``dict(type='TaskDataset', task='{{$TASK:cifar}}',
split='train800')``. ``SIZE`` sets the side of the images in the same way, and ``DATA_ROOT`` the folder that holds
``vtab-1k`` and ``fgvc``. Another benchmark is a few more rows of ``TASKS`` and such a base.
"""
from dataclasses import asdict, dataclass

from ...errors import UsageError, did_you_mean
from ..offline.stream import STREAMS
from ..offline.table import COUNTS, DRAWN_TASKS, SPLITS, find_drawn
from ..real.table import REAL_TASKS


@dataclass(frozen=True)
class Splits:
    """Names of list files: ``train`` and ``val`` choose the hyperparameters, ``both`` and ``test`` give the result."""

    train: str
    val: str
    both: str
    test: str


@dataclass(frozen=True)
class BenchmarkTask:
    """A row of the table.

    Attributes:
        title: as tables of results name it.
        benchmark, group: that its score counts in.
        folder: below the root of the data; empty for a task that is drawn in memory, or finds its own place.
        splits: None for a task whose data are not list files.
        images: {split: number of images} of the complete data, as far as it is known.
        metric: of mmengine's evaluator, or of the matrix of accuracies of a stream.
    """

    name: str
    title: str
    benchmark: str
    group: str
    classes: int
    folder: str
    splits: Splits | None
    images: dict
    metric: str = 'accuracy/top1'


VTAB, FGVC = Splits('train800', 'val200', 'train800val200', 'test'), Splits('train', 'val', 'trainval', 'test')


def _vtab(group, *rows):
    return [BenchmarkTask(name, title, 'vtab', group, classes, f'vtab-1k/{name}', VTAB,
                          dict(train800=800, val200=200, train800val200=1000, test=test))
            for name, title, classes, test in rows]


def _fgvc(name, title, classes, both, test):
    return BenchmarkTask(name, title, 'fgvc', 'fgvc', classes, f'fgvc/{name}', FGVC, dict(trainval=both, test=test))


def _offline(name, drawn):
    return BenchmarkTask(name, name, 'offline', f'offline_{drawn.group}', len(drawn.classes), '', VTAB,
                         {split: sum(COUNTS[part] for part in parts) for split, parts in SPLITS.items()})


def _real(name, source):
    return BenchmarkTask(name, name, 'real', source.group, len(source.classes), '', FGVC, dict(source.images))


def _stream(name, parts):
    return BenchmarkTask(name, name, 'streams', 'streams', sum(len(find_drawn(part).classes) for part in parts), '',
                         VTAB, {split: len(parts) * sum(COUNTS[part] for part in drawn)
                                for split, drawn in SPLITS.items()}, metric='average accuracy')


TASKS = {task.name: task for task in [  # images: Jia et al. 2022, table of the datasets in the appendix
    *_vtab('natural',
           ('cifar', 'CIFAR-100', 100, 10000), ('caltech101', 'Caltech101', 102, 6084), ('dtd', 'DTD', 47, 1880),
           ('oxford_flowers102', 'Flowers102', 102, 6149), ('oxford_iiit_pet', 'Pets', 37, 3669),
           ('svhn', 'SVHN', 10, 26032), ('sun397', 'Sun397', 397, 21750)),
    *_vtab('specialized',
           ('patch_camelyon', 'Patch Camelyon', 2, 32768), ('eurosat', 'EuroSAT', 10, 5400),
           ('resisc45', 'Resisc45', 45, 6300), ('diabetic_retinopathy', 'Retinopathy', 5, 42670)),
    *_vtab('structured',
           ('clevr_count', 'Clevr/count', 8, 15000), ('clevr_dist', 'Clevr/distance', 6, 15000),
           ('dmlab', 'DMLab', 6, 22735), ('kitti', 'KITTI/distance', 4, 711),
           ('dsprites_loc', 'dSprites/location', 16, 73728), ('dsprites_ori', 'dSprites/orientation', 16, 73728),
           ('smallnorb_azi', 'SmallNORB/azimuth', 18, 12150), ('smallnorb_ele', 'SmallNORB/elevation', 9, 12150)),
    _fgvc('cub', 'CUB-200-2011', 200, 5994, 5794),
    _fgvc('nabirds', 'NABirds', 555, 23929, 24633),
    _fgvc('flowers', 'Oxford Flowers', 102, 2040, 6149),
    _fgvc('dogs', 'Stanford Dogs', 120, 12000, 8580),
    _fgvc('cars', 'Stanford Cars', 196, 8144, 8041),
    BenchmarkTask('ade20k', 'ADE20K', 'ade20k', 'segmentation', 150, 'ade/ADEChallengeData2016', None,
                  dict(training=20210, validation=2000), metric='mIoU'),
    *(_offline(name, drawn) for name, drawn in DRAWN_TASKS.items()),
    *(_real(name, source) for name, source in REAL_TASKS.items()),
    *(_stream(name, parts) for name, parts in STREAMS.items()),
]}


def find_task(name, *, benchmark=None):
    """The task of a name.

    Raises:
        UsageError: no such task, or none of the benchmark.
    """
    names = [task.name for task in TASKS.values() if benchmark in (None, task.benchmark)]
    if name not in names:
        raise UsageError(f"TASK must be one of {', '.join(names)}, got {name!r}.{did_you_mean(name, names)}")
    return TASKS[name]


def task_config(name, *, benchmark):
    """The task of a name as a config's dict; raises as :func:`find_task` does."""
    return asdict(find_task(name, benchmark=benchmark))


def select_tasks(names):
    """The tasks that names of tasks, groups and benchmarks stand for, in the table's order.

    Raises:
        UsageError: a name that is not among these.
    """
    names = [names] if isinstance(names, str) else list(names)
    known = {name for task in TASKS.values() for name in (task.name, task.group, task.benchmark)}
    for name in set(names) - known:
        raise UsageError(f"tasks are named by task, group or benchmark ({', '.join(sorted(known))}), got {name!r}."
                         + did_you_mean(name, known))
    return [task for task in TASKS.values() if {task.name, task.group, task.benchmark} & set(names)]
