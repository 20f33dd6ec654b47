"""List files: which image of a split has which label."""
import json
import re
from pathlib import Path, PureWindowsPath

import numpy as np

from ...errors import UsageError

HELD_OUT = 0.1   # of the training images, where a task has no validation split (Jia et al. 2022, section 4.1)
SPLIT_SEED = 42  # so that everyone holds out the same ones


def read_split(folder, split, *, task):
    """The images and labels of a split, as a list of (path below ``folder``, label).

    ``split`` is read from ``<split>.txt``, with a path and a label in each line, or from ``<split>.json``, an object
    {path: label}. Where there is no file of both training and validation images, it is the files of the two; where
    there is no validation file, it is a seeded tenth of the training images.

    Args:
        folder: of the task.
        task: :class:`~vpt_mm.datasets.benchmarks.tasks.BenchmarkTask`, which knows the classes and the names of splits.

    Raises:
        UsageError: an unknown split, no such file, or a broken one.
    """
    folder, splits = Path(folder), task.splits
    if split not in (splits.train, splits.val, splits.both, splits.test):
        raise UsageError(f'{task.name} has the splits {splits.train}, {splits.val}, {splits.both} and {splits.test}, '
                         f'got {split!r}.')
    has_val = find_list(folder, splits.val)
    if split in (splits.train, splits.val) and not has_val:
        return _hold_out(read_list(folder, splits.train, task=task), held=split == splits.val)
    if split == splits.both and not find_list(folder, split):
        return [entry for part in (splits.train, *([splits.val] if has_val else []))
                for entry in read_list(folder, part, task=task)]
    return read_list(folder, split, task=task)


def find_list(folder, split):
    """The file of a split, or None."""
    return next((file for suffix in ('.txt', '.json') if (file := Path(folder, split + suffix)).is_file()), None)


def _hold_out(entries, *, held):
    order = np.random.default_rng(SPLIT_SEED).permutation(len(entries))
    count = max(1, round(HELD_OUT * len(entries)))
    chosen = order[:count] if held else order[count:]
    return [entries[index] for index in sorted(chosen)]


def read_list(folder, split, *, task):
    """One list file; arguments, result and errors as in :func:`read_split`."""
    file = find_list(folder, split)
    if file is None:
        raise UsageError(f'no {split}.txt or {split}.json in {folder}: docs/benchmarks.md says what belongs there.')
    entries = _read_json(file, task) if file.suffix == '.json' else _read_text(file)
    if not entries:
        raise UsageError(f'{file} lists no image.')
    outside = next((path for path, _ in entries if leads_out(path)), None)
    if outside is not None:
        raise UsageError(f'{file}: a list names images below its folder, got {outside!r}.')
    wrong = next(((path, label) for path, label in entries if not 0 <= label < task.classes), None)
    if wrong:
        raise UsageError(f'{file}: labels of {task.name} must be 0..{task.classes - 1}, got {wrong[1]} for {wrong[0]}.')
    return entries


def leads_out(path):
    """Whether a path leads out of the folder that it is joined to, here or where folders are named otherwise."""
    path = PureWindowsPath(path)
    return bool(path.anchor) or '..' in path.parts or '\0' in str(path)


def _read_text(file):
    try:
        lines = file.read_text(encoding='utf-8').splitlines()
    except UnicodeDecodeError:
        raise UsageError(f'{file} is not text in UTF-8.') from None
    entries = []
    for number, line in enumerate(lines, 1):
        path, _, label = line.strip().rpartition(' ')
        if not line.strip():
            continue
        if not path or not re.fullmatch('-?[0-9]{1,9}', label):
            raise UsageError(f'{file}, line {number}: a path and a whole number are needed, got {line!r}.')
        entries.append((path.strip(), int(label)))
    return entries


def _read_json(file, task):
    """Labels that aren't 0..classes-1, such as NABirds' own, are numbered in their order."""
    try:
        found = json.loads(file.read_text(encoding='utf-8'))
        entries = [(path, int(label)) for path, label in found.items()]
    except (ValueError, TypeError, AttributeError, RecursionError, OverflowError):
        raise UsageError(f'{file} must be an object {{path: label}}.') from None
    labels = sorted({label for _, label in entries})
    if labels and labels[-1] >= task.classes and len(labels) == task.classes:
        numbers = {label: number for number, label in enumerate(labels)}
        entries = [(path, numbers[label]) for path, label in entries]
    return entries
