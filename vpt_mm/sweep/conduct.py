"""The search and the final runs of a whole sweep, from what is finished to what is not."""
from collections import deque

from ..errors import UsageError
from .runs import cells_of


class Conductor:
    """Hands the runs of a sweep to a pool, and keeps what comes back.

    A search is complete when all its trials are; its final runs follow at once. What the store holds already is not run
    again.

    Args:
        plan: :class:`~vpt_mm.sweep.plan.Plan`.
        store: :class:`~vpt_mm.sweep.store.Store`.
        limit: runs that are started at most; None for all.
        save: write the checkpoints of final runs.
    """

    def __init__(self, plan, store, *, limit=None, save=False):
        self.store, self.limit = store, limit
        self.save = save
        self.cells = cells_of(plan)
        self.failed = []
        self.waiting = deque()
        self.handed = set()
        self.cells_with = {}  # the cells that wait for a run; several, where protocols coincide
        for cell in self.cells:
            self.enqueue(cell)

    def runs_of(self, cell):
        """The cell's runs that are known by now: the trials, and the final runs once the trials are finished."""
        if any(run not in self.store for run in cell.trials):
            return cell.trials
        return [*cell.trials, *cell.finals(cell.best([self.store.value(run) for run in cell.trials]))]

    def enqueue(self, cell):
        missing = [run for run in self.runs_of(cell) if run not in self.store]
        for run in missing:
            self.cells_with.setdefault(run.identity, {})[id(cell)] = cell
        new = [run for run in missing if run.identity not in self.handed]
        self.handed.update(run.identity for run in new)
        if new and new[0].final:
            self.waiting.extendleft(reversed(new))  # a search that is complete comes to its end first
        else:
            self.waiting.extend(new)

    @property
    def total(self):
        """Runs of the whole sweep."""
        return sum(len(cell.trials) + len(cell.plan.seeds) for cell in self.cells)

    @property
    def finished(self):
        return sum(run in self.store for cell in self.cells for run in self.runs_of(cell))

    def conduct(self, pool, *, report=lambda run, outcome: None):
        """Run all that is missing.

        Args:
            pool: with ``room``, ``submit()``, ``running`` and ``next_finished()``.
            report: called with each run and its outcome.

        Raises:
            UsageError: at once where a run ends in one; at the end where runs ended in another error.
        """
        left = float('inf') if self.limit is None else self.limit
        while True:
            while self.waiting and pool.room > 0 and left > 0:
                self.submit(pool, self.waiting.popleft())
                left -= 1
            if not pool.running:
                break
            run, outcome = pool.next_finished()
            self.take(run, outcome)
            report(run, outcome)
        if self.failed:
            raise UsageError(f'{len(self.failed)} runs failed, the others are kept; the first, {self.failed[0]}')

    def submit(self, pool, run):
        work_dir = str(self.store.log_dir(run).absolute())
        pool.submit(run, work_dir=work_dir, save=self.save and run.reported, **run.options)

    def take(self, run, outcome):
        if isinstance(outcome, UsageError):
            raise UsageError(f'{run.title}: {outcome}')
        if isinstance(outcome, Exception):
            self.failed.append(f'{run.title}: {type(outcome).__name__}: {outcome} (log: {self.store.log_dir(run)})')
            return
        self.store.add(run, outcome)
        for cell in self.cells_with[run.identity].values():
            self.enqueue(cell)

    def write_table(self):
        """The table of all finished runs of the sweep."""
        return self.store.write_table([run for cell in self.cells for run in self.runs_of(cell)])
