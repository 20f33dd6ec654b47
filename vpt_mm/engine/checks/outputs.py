"""Outputs of a test: no file is written over another."""
from collections import Counter
from pathlib import Path

from ...errors import UsageError, some
from .parts import metrics_of


def check_outputs(config, paths, *, drawn):
    """Images whose predictions are written have names of their own.

    Args:
        paths: of the images of the test.
        drawn: whether pictures of them are written.

    Raises:
        UsageError: names two that would be written to one file.
    """
    folders = [metric['output_dir'] for metric in metrics_of(config, 'test') if metric.get('output_dir')]
    for written, part in ((folders, 'stem'), (drawn, 'name')):
        names = Counter(getattr(Path(path), part) for path in paths) if written else Counter()
        name, count = max(names.items(), key=lambda item: item[1], default=('', 1))
        if count > 1:
            several = [path for path in paths if getattr(Path(path), part) == name]
            raise UsageError(f'outputs bear the names of their images, and {some(several, 3)} have one name: rename '
                             'them, or test one folder at a time.')
