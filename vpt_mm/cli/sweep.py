"""vpt-mm sweep: plan, data, pool, table. What is finished is kept: the same command again runs the rest."""
import logging
from pathlib import Path

from .options import above, at_least, print_table, waiting


def add_arguments(parser):
    parser.add_argument('sweep', metavar='SWEEP', help='file of the sweep, such as configs/sweeps/vtab_vit-b.py')
    parser.add_argument('--out', metavar='FOLDER', help='for runs and tables; work_dirs/sweeps/<sweep> by default')
    parser.add_argument('--tasks', nargs='+', metavar='NAME', help="tasks, groups or benchmarks, for the file's")
    parser.add_argument('--protocols', nargs='+', metavar='NAME', help="some of the file's protocols")
    parser.add_argument('--seeds', type=int, nargs='+', metavar='SEED', help="seeds, for the file's")
    parser.add_argument('--data-fraction', type=float, nargs='+', metavar='SHARE',
                        help="shares of the training images, each with its own search (the paper's figure 3)")
    parser.add_argument('--resolution', type=at_least(1), nargs='+', metavar='PIXELS',
                        help="sides of the images, each with its own search (the paper's table 11)")
    parser.add_argument('--limit', type=at_least(0), metavar='N', help='stop after N new runs; 0 only writes the table')
    parser.add_argument('--abort', action='store_true', help='end trials whose loss is worse than guessing')
    parser.add_argument('--save-checkpoints', action='store_true', help='of the final runs')
    parser.add_argument('--address', help='of a Ray cluster, host:port or auto; Ray starts on this machine by default')
    parser.add_argument('--cpus', type=at_least(1), metavar='N',
                        help='cores of this machine that Ray uses; all by default')
    parser.add_argument('--cpus-per-run', type=above(0), default=1, metavar='N', help='cores of a run')
    parser.add_argument('--gpus-per-run', type=at_least(0, float), metavar='N',
                        help='one where there are any, by default')


def run(args):
    from mmengine.logging import MMLogger

    from ..datasets.benchmarks.check import require_data
    from ..files import require_writable
    from ..sweep import Conductor, RecipePlan, Store, read_sweep
    from ..sweep.progress import summary
    from ..sweep.runs import cells_of
    MMLogger.get_current_instance().setLevel(logging.ERROR)
    folder = Path(args.out or Path('work_dirs', 'sweeps', Path(args.sweep).stem))
    require_writable(folder / 'results.csv')
    with waiting(f'planning {args.sweep}, and looking at its data'):
        plan = read_sweep(args.sweep, tasks=args.tasks, protocols=args.protocols, seeds=args.seeds,
                          fractions=args.data_fraction, sizes=args.resolution, abort=args.abort or None)
        if isinstance(plan, RecipePlan):
            plan.require_data()
        else:
            require_data({cell.task: cell.root for cell in cells_of(plan)})
    conductor = Conductor(plan, Store(folder), limit=args.limit, save=args.save_checkpoints)
    if conductor.waiting and args.limit != 0:
        _conduct(conductor, args)
    rows = conductor.write_table()
    print_table(summary(rows))
    print(f'{len(rows)} runs: {folder}/results.csv')


def _conduct(conductor, args):
    from ..sweep import RayPool
    from ..sweep.progress import SweepProgress
    pool = RayPool(address=args.address, cpus_per_run=args.cpus_per_run, gpus_per_run=args.gpus_per_run, cpus=args.cpus)
    try:
        with SweepProgress(conductor) as progress:
            conductor.conduct(pool, report=progress.report)
    finally:
        pool.close()
        conductor.write_table()
