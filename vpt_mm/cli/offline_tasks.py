"""vpt-mm offline-tasks: what the tasks that need no download are like."""
from .options import print_table


def add_arguments(parser):
    parser.add_argument('tasks', nargs='*', metavar='TASK', help='some of them, such as count; by default all')
    parser.add_argument('--convnet', action='store_true', help='train a small ConvNet from scratch on each, too')
    parser.add_argument('--picture', metavar='FILE', help='draw images of each task into this file')


def run(args):
    from ..datasets.offline import report
    from ..datasets.offline.table import DRAWN_TASKS
    from ..picture import require_picture
    if args.picture:
        require_picture(args.picture)
    names = args.tasks or list(DRAWN_TASKS)
    print_table(report.offline_table(names, convnet=args.convnet))
    if args.picture:
        report.draw_offline(names, args.picture)
        print(args.picture)
