"""tools/sweep.py's work: plan, data, pool, table."""
import logging
from pathlib import Path

from mmengine.logging import MMLogger

from ..datasets.benchmarks.check import require_data
from ..files import require_writable
from ..sweep.conduct import Conductor
from ..sweep.plan import read_plan
from ..sweep.pool import RayPool
from ..sweep.progress import SweepProgress, summary
from ..sweep.runs import cells_of
from ..sweep.store import Store
from .options import print_table


def sweep(args):
    """Run what ``args`` of tools/sweep.py say; returns the rows of the table."""
    MMLogger.get_current_instance().setLevel(logging.ERROR)
    folder = Path(args.out or Path('work_dirs', 'sweeps', Path(args.sweep).stem))
    require_writable(folder / 'results.csv')
    plan = read_plan(args.sweep, tasks=args.tasks, protocols=args.protocols, seeds=args.seeds,
                     fractions=args.data_fraction, sizes=args.resolution, abort=args.abort or None)
    require_data({cell.task: cell.root for cell in cells_of(plan)})
    conductor = Conductor(plan, Store(folder), limit=args.limit, save=args.save_checkpoints)
    if conductor.waiting and args.limit != 0:
        _run(conductor, args)
    rows = conductor.write_table()
    print_table(summary(rows))
    print(f'{len(rows)} runs: {folder}/results.csv')
    return rows


def _run(conductor, args):
    pool = RayPool(address=args.address, cpus_per_run=args.cpus_per_run, gpus_per_run=args.gpus_per_run, cpus=args.cpus)
    try:
        with SweepProgress(conductor) as progress:
            conductor.conduct(pool, report=progress.report)
    finally:
        pool.close()
        conductor.write_table()
