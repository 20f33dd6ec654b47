"""Search hyperparameters and run the seeds, as the paper does: python tools/sweep.py configs/sweeps/vtab_vit-b.py.

What is finished is kept, and not run again when the same command is given again.
"""
import argparse

from vpt_mm.cli.options import above, at_least, main
from vpt_mm.cli.sweep import sweep


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('sweep', metavar='SWEEP', help='file of the sweep, such as configs/sweeps/vtab_vit-b.py')
    parser.add_argument('--out', metavar='FOLDER', help='for runs and tables; work_dirs/sweeps/<sweep> by default')
    parser.add_argument('--tasks', nargs='+', metavar='NAME', help="tasks, groups or benchmarks, for the file's")
    parser.add_argument('--protocols', nargs='+', metavar='NAME', help="some of the file's protocols")
    parser.add_argument('--seeds', type=int, nargs='+', metavar='SEED', help="seeds, for the file's")
    parser.add_argument('--data-fraction', type=float, nargs='+', metavar='SHARE',
                        help='shares of the training images, each with its own search (the paper\'s figure 3)')
    parser.add_argument('--resolution', type=at_least(1), nargs='+', metavar='PIXELS',
                        help='sides of the images, each with its own search (the paper\'s table 11)')
    parser.add_argument('--limit', type=at_least(0), metavar='N', help='stop after N new runs; 0 only writes the table')
    parser.add_argument('--abort', action='store_true', help='end trials whose loss is worse than guessing')
    parser.add_argument('--save-checkpoints', action='store_true', help='of the final runs')
    parser.add_argument('--address', help='of a Ray cluster, host:port or auto; Ray starts on this machine by default')
    parser.add_argument('--cpus', type=at_least(1), metavar='N',
                        help='cores of this machine that Ray uses; all by default')
    parser.add_argument('--cpus-per-run', type=above(0), default=1, metavar='N', help='(default: %(default)s)')
    parser.add_argument('--gpus-per-run', type=at_least(0, float), metavar='N',
                        help='one where there are any, by default')
    return parser.parse_args()


if __name__ == '__main__':
    main(sweep, parse_args())
