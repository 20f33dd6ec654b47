"""Print the demo's table and draw its picture: python tools/demo_report.py work_dirs/demo."""
import argparse
from pathlib import Path

from vpt_mm.cli.options import main, print_table
from vpt_mm.picture import require_picture
from vpt_mm.visualise import demo

METHODS = {'HeadOnly': 'linear', 'VPT-deep': 'deep'}


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('runs', help='folder with the runs of tools/demo.sh')
    parser.add_argument('--data', default='data/digit_scenes', help='the digit scenes (default: %(default)s)')
    parser.add_argument('--out', help='picture to write (default: demo.png among the runs)')
    return parser.parse_args()


def report(args):
    out = args.out or Path(args.runs, 'demo.png')
    require_picture(out)
    runs = {method: demo.read_run(Path(args.runs, folder)) for method, folder in METHODS.items()}
    demo.draw_demo(runs, data=args.data, out=out)
    print_table(demo.demo_table(runs))
    print(out)


if __name__ == '__main__':
    main(report, parse_args())
