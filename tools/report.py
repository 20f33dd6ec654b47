"""What protocols tune and what their tasks cost to store: python tools/report.py CONFIG [CONFIG ...]."""
import argparse
import warnings

from vpt_mm.cli.options import at_least, main, print_table
from vpt_mm.costs import parameters as report
from vpt_mm.costs.storage import BENCHMARKS
from vpt_mm.picture import require_picture


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('configs', nargs='+', metavar='CONFIG', help='config files')
    parser.add_argument('--number-of-tasks', type=at_least(1), default=24, metavar='N',
                        help='tasks like that of the config, stored beside one backbone (default: %(default)s)')
    parser.add_argument('--tasks', nargs='+', choices=BENCHMARKS, default=(),
                        help="also the storage of these benchmarks' tasks: the paper's total parameters")
    parser.add_argument('--plot', metavar='FILE', help='picture to write')
    return parser.parse_args()


def show(args):
    warnings.filterwarnings('ignore', module='mmseg')
    if args.plot:
        require_picture(args.plot)
    protocols = [report.read_protocol(config, benchmarks=args.tasks) for config in args.configs]
    table = report.protocol_table(protocols, tasks=args.number_of_tasks, benchmarks=args.tasks)
    print_table(table)
    if args.plot:
        report.draw_protocols(protocols, args.plot, tasks=args.number_of_tasks)
        print(args.plot)


if __name__ == '__main__':
    main(show, parse_args())
