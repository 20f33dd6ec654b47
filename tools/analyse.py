"""Tables, tests and pictures of a sweep: python tools/analyse.py table work_dirs/sweeps/NAME/results.csv."""
import argparse

from vpt_mm.cli.analyse import analyse
from vpt_mm.cli.options import above, at_least, common_parser, main


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest='command', required=True)
    table = _add(commands, 'table', "the layout of the paper's table 1: means of groups, tasks won, total parameters")
    table.add_argument('--baseline', metavar='NAME',
                       help='protocol that tasks are won against (default: Full, where it was run)')
    table.add_argument('--plot', metavar='FILE', help='picture of the means to write')
    _add(commands, 'seeds', 'means and standard deviations over seeds')
    tests = _add(commands, 'tests', "Wilcoxon's signed-rank test over tasks, Welch's t-test over seeds")
    tests.add_argument('--contender', default='VPT-deep', help='protocol that is tested (default: %(default)s)')
    tests.add_argument('--alternative', choices=['greater', 'less', 'two-sided'], default='greater',
                       help='what the contender is said to be (default: %(default)s)')
    curve = _add(commands, 'curve', 'accuracy over a column of the table')
    curve.add_argument('--over', required=True, metavar='COLUMN', help='length, depth, fraction, size, ...')
    curve.add_argument('--plot', metavar='FILE', help='picture to write')
    features = commands.add_parser('tsne', help="t-SNE of a classifier's features on the test split", add_help=False,
                                   parents=[common_parser(None)])
    features.add_argument('checkpoint', help='that the config was trained to')
    features.add_argument('--out', default='tsne.png', help='picture to write (default: %(default)s)')
    features.add_argument('--images', type=at_least(1), default=1000, help='at most (default: %(default)s)')
    features.add_argument('--perplexity', type=above(0), default=30, help='(default: %(default)s)')
    return parser.parse_args()


def _add(commands, name, purpose):
    parser = commands.add_parser(name, help=purpose)
    parser.add_argument('results', metavar='RESULTS', help='results.csv or results.json of a sweep')
    parser.add_argument('--protocols', nargs='+', metavar='NAME', help='those to look at; all by default')
    parser.add_argument('--data-fraction', type=float, metavar='SHARE', help='one of them, where the sweep had several')
    parser.add_argument('--resolution', type=int, metavar='PIXELS', help='one of them, where the sweep had several')
    parser.add_argument('--markdown', metavar='FILE', help='write the table there as well')
    return parser


if __name__ == '__main__':
    main(analyse, parse_args())
