"""Files are written whole or not at all."""
import os
import tempfile
from pathlib import Path

from .errors import UsageError


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
        os.chmod(temporary, 0o666 & ~umask())
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise UsageError(f'{path} ({len(data) / 1e6:,.1f} MB) can not be written: {error.strerror}. What was there '
                         'before is untouched; make room or choose another place.') from None


def umask():
    """The rights that this process takes from new files."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
