"""WorkDir: the folder of a run, which one run at a time writes to, and the checkpoints in it that are this run's."""
import uuid
from pathlib import Path

from ..errors import UsageError
from ..files import remove_parts, require_folder
from ..weights.files import load_from_disk

try:
    import fcntl
except ImportError:  # Windows, where nothing keeps two runs apart
    fcntl = None

NAME = 'last_run'  # the file with the name of the run that a folder belongs to, beside mmengine's last_checkpoint


class WorkDir:
    """Holds a folder for a run, until :meth:`release` or until the process ends, however it does.

    What writes that were killed have left there is removed.

    Args:
        path: of the folder, which need not be there yet.
        first: whether this is the first process of its run, which holds the folder for all of them.

    Attributes:
        run: the name of the last run that began in this folder, which its checkpoints have, too; '' for none.

    Raises:
        UsageError: another run writes to this folder, or nobody can.
    """

    def __init__(self, path, *, first=True):
        require_folder(path, 'choose another --work-dir')
        self.path, self.first = Path(path), first
        self.file = open(self.path / NAME, 'a+')  # noqa: SIM115  (open as long as it is locked)
        if first:
            self._lock()
            remove_parts(path)
        self.file.seek(0)
        self.run = self.file.read().strip()

    def _lock(self):
        """Of a kind that no worker inherits and that ends with the process, or as it closes the file once."""
        try:
            if fcntl is not None:
                fcntl.lockf(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            self.release()
            raise UsageError(f'another run is using the work dir {self.path}: wait for its end, or give this one a '
                             '--work-dir of its own.') from None
        except OSError:
            pass  # a file system without locks

    def begin(self, run=None):
        """The folder belongs to this run from now on; to a new one by default."""
        if not self.first or (run and run == self.run):
            return
        self.run = run or uuid.uuid4().hex
        self.file.truncate(0)
        self.file.write(self.run)
        self.file.flush()

    def release(self):
        self.file.close()

    def require(self):
        """Raise UsageError where somebody has removed the folder."""
        if not (self.path / NAME).is_file():
            raise UsageError(f'the work dir {self.path} was removed while the run was going on, and with it what the '
                             'run had written: start it again.')

    def latest_checkpoint(self):
        """The newest checkpoint of the last run, which may have been killed, or None where it has none yet.

        Raises:
            UsageError: a damaged checkpoint.
        """
        return next((str(file) for file in self.checkpoints() if run_of(load_from_disk(str(file))) == self.run), None)

    def checkpoints(self):
        """What runs of this folder left to go on from: the checkpoint that mmengine marked, then the newest first."""
        marker = self.path / 'last_checkpoint'
        marked = Path(marker.read_text().strip() if marker.is_file() else '')
        # A folder may have been copied or moved: its own file comes before that at the place which it had.
        first = [file for file in (self.path / marked.name, marked) if file.is_file()][:1]
        others = [file for pattern in ('iter_*.pth', 'epoch_*.pth') for file in self.path.glob(pattern)]
        others.sort(key=lambda file: file.stat().st_mtime, reverse=True)
        return first + [file for file in others if file not in first]


def run_of(checkpoint):
    """The name of the run that wrote a checkpoint, given its content; '' for one of another program."""
    return ((checkpoint.get('meta') or {}).get('vpt_mm') or {}).get('run') or ''
