"""What of the benchmarks' data is complete, and what is not and why."""
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from ...errors import UsageError
from ..real.table import load_real
from .lists import read_split
from .task_dataset import full_paths
from .tasks import find_task


@dataclass(frozen=True)
class Report:
    """The state of a task's data.

    Attributes:
        images: {split: number of images}, of the splits that could be read.
        problems: reasons why a run would fail or mislead; none where the data are usable.
        notes: what is unlike the complete data, and usable all the same.
    """

    task: object
    images: dict
    problems: list
    notes: list


def check_task(task, *, root='data'):
    """Look at a task's data (:class:`Report`): list files, labels, images, images that several splits share."""
    if task.benchmark == 'real':
        images, problems = _read(task, root)
        return Report(task, images, problems, _other_counts(task, images))
    if not task.folder:  # drawn in memory
        return Report(task, dict(task.images), [], [])
    folder = Path(root, task.folder)
    if not folder.is_dir():
        return Report(task, {}, [f'no folder {folder}'], [])
    found, problems = (_scenes if task.splits is None else _lists)(folder, task)
    images = {split: len(paths) for split, paths in found.items()}
    return Report(task, images, problems, _other_counts(task, images))


def _other_counts(task, images):
    return [f'{split} has {images[split]:,} images, of {count:,}' for split, count in task.images.items()
            if split in images and images[split] != count]


def _read(task, root):
    """({split: number of images}, problems) of data that are installed by name."""
    try:
        return {split: len(load_real(task.name, split, root=root)[1]) for split in task.images}, []
    except UsageError as error:
        return {}, [str(error)]


def _lists(folder, task):
    """({split: paths}, problems) of list files."""
    found, problems, splits = {}, [], task.splits
    for split in (splits.train, splits.val, splits.both, splits.test):
        try:
            found[split] = full_paths(folder, [path for path, _ in read_split(folder, split, task=task)])
        except UsageError as error:
            problems.append(str(error))
            continue
        missing = [path for path in found[split] if not Path(path).is_file()]
        if missing:
            problems.append(f'{len(missing):,} of {len(found[split]):,} images of {split} are missing: {missing[0]}')
        if len(set(found[split])) < len(found[split]):
            problems.append(f'{split} lists an image twice: {_twice(found[split])}')
    for first, second in ((splits.train, splits.val), (splits.train, splits.test), (splits.val, splits.test),
                          (splits.both, splits.test)):
        shared = set(found.get(first, ())) & set(found.get(second, ()))
        if shared:
            problems.append(f'{first} and {second} share {len(shared):,} images, such as {min(shared)}')
    return found, list(dict.fromkeys(problems))


def _twice(paths):
    return next(path for path, count in Counter(paths).items() if count > 1)


def _scenes(folder, task):
    """({split: paths}, problems) of ADE20K's layout."""
    found, problems = {}, []
    for split in task.images:
        found[split] = sorted(folder.glob(f'images/{split}/*.jpg'))
        bare = [path for path in found[split] if not (folder / 'annotations' / split / f'{path.stem}.png').is_file()]
        if not found[split]:
            problems.append(f'no images in {folder}/images/{split}')
        if bare:
            problems.append(f'{len(bare):,} of {len(found[split]):,} images of {split} have no mask: {bare[0]}')
    return found, problems


def require_data(roots):
    """Check tasks before a sweep.

    Args:
        roots: {name of a task: folder that holds the task's folder}.

    Raises:
        UsageError: the data of one are not usable.
    """
    reports = [check_task(find_task(name), root=root) for name, root in roots.items()]
    problems = [f'{report.task.name}: {problem}' for report in reports for problem in report.problems]
    if problems:
        raise UsageError('the data are not complete (vpt-mm check-data looks at them alone, docs/benchmarks.md says '
                         'what belongs where):\n  '
                         + '\n  '.join(problems[:10]) + (f'\n  and {len(problems) - 10} more' if problems[10:] else ''))


def report_table(reports):
    """Reports as a rich table."""
    table = Table(title="Benchmarks' data")
    for column in ('benchmark', 'task', 'state'):
        table.add_column(column)
    table.add_column('images', justify='right')
    table.add_column('why', overflow='fold')
    for report in reports:
        state = '[red]not usable' if report.problems else '[yellow]usable' if report.notes else '[green]complete'
        table.add_row(report.task.benchmark, report.task.name, state,
                      '\n'.join(f'{split} {count:,}' for split, count in report.images.items()),
                      '\n'.join(report.problems + report.notes))
    return table
