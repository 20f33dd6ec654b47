"""vpt-mm check-data: what of the benchmarks' data is complete."""
import os
import sys

from .options import print_table


def add_arguments(parser):
    parser.add_argument('names', nargs='*', default=['vtab', 'fgvc', 'ade20k'], metavar='NAME',
                        help='tasks, groups or benchmarks')
    parser.add_argument('--root', metavar='FOLDER', default=os.environ.get('DATA_ROOT', 'data'),
                        help='that holds vtab-1k, fgvc and ade; the variable DATA_ROOT says it, too')


def run(args):
    from rich.progress import track

    from ..datasets.benchmarks.check import check_task, report_table
    from ..datasets.benchmarks.tasks import select_tasks
    reports = [check_task(task, root=args.root)
               for task in track(select_tasks(args.names), description='data', transient=True)]
    print_table(report_table(reports))
    if any(report.problems for report in reports):
        sys.exit(1)
