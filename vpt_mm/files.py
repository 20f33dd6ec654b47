"""Files are written whole or not at all."""
import errno
import os
import tempfile
from pathlib import Path

from .errors import UsageError

PART = '.part'  # ends the name of a file that is not whole yet


def write_whole(data, path):
    """Write bytes so that ``path`` holds either what it held before or all of ``data``, at any moment.

    Raises:
        UsageError: the place can't be written or is full; nothing has changed then.
    """
    path = Path(path)
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f'.{path.name}.', suffix=PART, delete=False) as file:
            temporary = file.name
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~umask())
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise UsageError(f'{path} ({len(data) / 1e6:,.1f} MB) cannot be written: {error.strerror}. What was there '
                         'before is untouched; make room or choose another place.') from None


def remove_parts(folder):
    """Remove what writes that were killed have left in a folder, into which nobody else writes now."""
    for path in Path(folder).glob(f'.*{PART}'):
        path.unlink(missing_ok=True)


def require_writable(path, endings=None):
    """Raise UsageError unless :func:`write_whole` can make this file; nothing is left behind.

    Args:
        path: of the file, whose folders need not be there yet.
        endings: such as '.png', of which the name must have one; None for any.
    """
    path = Path(path)
    if endings is not None and not path.name.endswith(tuple(endings)):
        raise UsageError(f"the file to write must be named *{' or *'.join(endings)}, got {path}.")
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with tempfile.TemporaryFile(dir=next(folder for folder in path.absolute().parents if folder.exists())):
            pass
    except OSError as error:
        raise UsageError(f'{path} cannot be written: {error.strerror}. Choose another place.') from None


def require_folder(path, way_out):
    """Make a folder, and raise UsageError unless files can be written to it.

    Args:
        way_out: the end of the sentence, such as 'choose another --work-dir'.
    """
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path) as probe:
            probe.write(b'0' * 4096)
    except OSError as error:
        raise UsageError(f'the folder {path} cannot be written to ({error.strerror}): {way_out}.') from None


def require_empty(folder):
    """Raise UsageError unless this is the path of a folder that is new or empty."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f'{folder} is not an empty folder: choose another one or remove it first.')


def umask():
    """The rights that this process takes from new files."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
