"""What the offline tasks are like: python tools/offline_tasks.py --convnet --picture docs/offline.jpg."""
import argparse

from vpt_mm.cli.options import main, print_table
from vpt_mm.datasets.offline import report as offline
from vpt_mm.datasets.offline.table import DRAWN_TASKS
from vpt_mm.picture import require_picture


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('tasks', nargs='*', metavar='TASK', help=f"of {', '.join(DRAWN_TASKS)} (default: all)")
    parser.add_argument('--convnet', action='store_true', help='train a small ConvNet from scratch on each, too')
    parser.add_argument('--picture', metavar='FILE', help='draw images of each task into this file')
    return parser.parse_args()


def show(args):
    if args.picture:
        require_picture(args.picture)
    names = args.tasks or list(DRAWN_TASKS)
    print_table(offline.offline_table(names, convnet=args.convnet))
    if args.picture:
        offline.draw_offline(names, args.picture)
        print(args.picture)


if __name__ == '__main__':
    main(show, parse_args())
