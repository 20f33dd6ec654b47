"""WholeFileBackend: files are written whole or not at all, and old ones go only after new ones stand."""
import os
import tempfile
from pathlib import Path

from mmengine.fileio import LocalBackend, register_backend

from ..errors import UsageError


@register_backend('whole_file')
class WholeFileBackend(LocalBackend):
    """Local files, written beside their place and renamed; removals wait for :meth:`remove_retired`."""

    def __init__(self):
        self.retired = []

    def put(self, obj, filepath):
        write_whole(obj, filepath)

    def remove(self, filepath):
        self.retired.append(filepath)

    def remove_retired(self):
        while self.retired:
            Path(self.retired.pop()).unlink(missing_ok=True)


def write_whole(data, path):
    """Write bytes so that ``path`` holds either what it held before or all of ``data``, at any moment.

    Raises:
        UsageError: the place can't be written or is full; nothing has changed then.
    """
    path = Path(path)
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f'.{path.name}.', delete=False) as file:
            temporary = file.name
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise UsageError(f'{path} ({len(data) / 1e6:,.1f} MB) can not be written: {error.strerror}. What was there '
                         'before is untouched; make room or choose another --work-dir.') from None


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask
