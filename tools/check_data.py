"""What of the benchmarks' data is complete: python tools/check_data.py [TASK, GROUP or BENCHMARK ...]."""
import argparse
import os
import sys

from rich.progress import track

from vpt_mm.cli.options import main, print_table
from vpt_mm.datasets.benchmarks.check import check_task, report_table
from vpt_mm.datasets.benchmarks.tasks import select_tasks


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('names', nargs='*', default=['vtab', 'fgvc', 'ade20k'], metavar='NAME',
                        help='tasks, groups or benchmarks (default: vtab fgvc ade20k)')
    parser.add_argument('--root', default=os.environ.get('DATA_ROOT', 'data'),
                        help='folder that holds vtab-1k, fgvc and ade (default: DATA_ROOT, or data)')
    return parser.parse_args()


def check(args):
    reports = [check_task(task, root=args.root)
               for task in track(select_tasks(args.names), description='data', transient=True)]
    print_table(report_table(reports))
    sys.exit(any(report.problems for report in reports))


if __name__ == '__main__':
    main(check, parse_args())
