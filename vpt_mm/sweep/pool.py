"""RayPool: processes that runs are handed to, on this machine or on a cluster."""
import os
import socket

from ..errors import UsageError, needs_extra
from .execute import execute_in_worker

PATIENCE = 5  # seconds that a cluster has to answer


class RayPool:
    """Runs in Ray's processes, which are used again, so that imports are paid once.

    Args:
        address: of a running cluster, ``host:port`` or ``auto``; None starts Ray on this machine.
        cpus_per_run: cores of a run, and its threads.
        gpus_per_run: GPUs of a run, which may be a share of one; one where there are any, by default.
        cpus: cores that are used of this machine; all by default.

    Raises:
        UsageError: Ray is not installed, the address does not answer, or a run needs more than there is.
    """

    def __init__(self, *, address=None, cpus_per_run=1, gpus_per_run=None, cpus=None):
        self.ray = ray = _import_ray()
        connect(ray, address, cpus=cpus)
        self.gpus = (1 if self.total('GPU') >= 1 else 0) if gpus_per_run is None else gpus_per_run
        self.cpus = cpus_per_run
        if self.slots < 1:
            ray.shutdown()
            raise UsageError(f"a run needs {self.cpus} cores and {self.gpus} GPUs; Ray has {self.total('CPU'):g} and "
                             f"{self.total('GPU'):g}: lower --cpus-per-run or --gpus-per-run.")
        self.execute = ray.remote(num_cpus=self.cpus, num_gpus=self.gpus, max_calls=0, max_retries=1)(execute_in_worker)
        self.running = {}

    def total(self, kind):
        return self.ray.cluster_resources().get(kind, 0)

    @property
    def slots(self):
        """Runs at a time; a cluster may grow."""
        slots = self.total('CPU') // self.cpus
        return int(min(slots, self.total('GPU') // self.gpus) if self.gpus else slots)

    @property
    def room(self):
        """Runs that can be handed over now; one waits for every one that runs, so that no process idles."""
        return 2 * self.slots - len(self.running)

    def submit(self, run, **options):
        reference = self.execute.remote(run.config, threads=max(1, int(self.cpus)), folder=os.getcwd(), **options)
        self.running[reference] = run

    def next_finished(self):
        """Wait for a run: (run, its outcome or the exception that ended it)."""
        [reference], _ = self.ray.wait(list(self.running), num_returns=1)
        run = self.running.pop(reference)
        try:
            return run, self.ray.get(reference)
        except self.ray.exceptions.RayTaskError as error:
            return run, error.cause if isinstance(error.cause, Exception) else error
        except self.ray.exceptions.RayError as error:
            return run, error

    def close(self):
        self.ray.shutdown()


def _import_ray():
    with needs_extra('sweep', 'a sweep'):
        import ray
        import ray.exceptions
    return ray


def connect(ray, address, *, cpus):
    """Join a cluster, or start one on this machine.

    Raises:
        UsageError: what is given is not an address, or does not answer.
    """
    quiet = dict(log_to_driver=False, logging_level='ERROR')
    if address is None:
        ray.init(address='local', num_cpus=cpus, include_dashboard=False, **quiet)
        return
    if address != 'auto':
        require_answer(address)
    try:
        ray.init(address=address, **quiet)
    except Exception as error:  # Ray raises what its transport raises
        raise UsageError(f'no Ray cluster at {address} ({str(error).splitlines()[0]}): start one with '
                         '`ray start --head`, or leave --address out.') from None


def require_answer(address):
    """Ray itself would wait for a minute."""
    host, _, port = address.removeprefix('ray://').rpartition(':')
    if not host or not port.isdigit():
        raise UsageError(f'--address must be host:port or auto, got {address!r}.')
    try:
        socket.create_connection((host, int(port)), timeout=PATIENCE).close()
    except (OSError, OverflowError) as error:
        raise UsageError(f'the Ray cluster at {address} does not answer ({error}): start it with `ray start --head`, '
                         'or leave --address out.') from None
