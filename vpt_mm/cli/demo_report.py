"""vpt-mm demo-report: the demo's table and picture."""
from pathlib import Path

from .options import print_table

METHODS = {'HeadOnly': 'linear', 'VPT-deep': 'deep'}


def add_arguments(parser):
    parser.add_argument('runs', help='folder with the runs of tools/demo.sh')
    parser.add_argument('--data', metavar='FOLDER', default='data/digit_scenes', help='the digit scenes')
    parser.add_argument('--out', metavar='FILE', help='picture to write; by default demo.png among the runs')


def run(args):
    from ..picture import require_picture
    from ..visualise import demo
    out = args.out or Path(args.runs, 'demo.png')
    require_picture(out)
    runs = {method: demo.read_run(Path(args.runs, folder)) for method, folder in METHODS.items()}
    demo.draw_demo(runs, data=args.data, out=out)
    print_table(demo.demo_table(runs))
    print(out)
