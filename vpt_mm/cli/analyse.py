"""vpt-mm analyse: from a sweep's table, or a trained classifier, to tables and pictures."""
from .options import above, add_run_options, at_least, print_table


def add_arguments(parser):
    commands = parser.add_subparsers(dest='command', required=True)
    table = _add(commands, 'table', "the layout of the paper's table 1: means of groups, tasks won, total parameters")
    table.add_argument('--baseline', metavar='NAME',
                       help='protocol that tasks are won against; by default Full, where it was run')
    table.add_argument('--plot', metavar='FILE', help='picture of the means to write')
    _add(commands, 'seeds', 'means and standard deviations over seeds')
    tests = _add(commands, 'tests', "Wilcoxon's signed-rank test over several tasks, Welch's t-test over seeds")
    tests.add_argument('--contender', default='VPT-deep', help='protocol that is tested')
    tests.add_argument('--alternative', choices=['greater', 'less', 'two-sided'], default='greater',
                       help='what the contender is said to be')
    _add(commands, 'base-to-new', 'base classes, new classes and their harmonic mean, of a sweep over recipes')
    _add(commands, 'tasks', 'every task in a column of its own, and the mean over tasks')
    tuned = _add(commands, 'tuned', 'scores beside what is tuned in the backbone, for each task')
    tuned.add_argument('--columns', nargs='+', default=['value'], metavar='COLUMN',
                       help='of scores, such as the tests of a sweep over recipes')
    tuned.add_argument('--plot', metavar='FILE', help='picture of the scores over what is tuned to write')
    curve = _add(commands, 'curve', 'accuracy over a column of the table')
    curve.add_argument('--over', required=True, metavar='COLUMN', help='length, depth, shots, fraction, ...')
    curve.add_argument('--plot', metavar='FILE', help='picture to write')
    streams = _add(commands, 'streams', 'average accuracies and forgetting on streams of tasks')
    streams.add_argument('--stream', metavar='NAME', help='one of them, where the sweep had several')
    streams.add_argument('--plot', metavar='FILE', help='picture of the matrices of accuracies to write')
    features = commands.add_parser('tsne', help="t-SNE of a classifier's features on the test split")
    add_run_options(features)
    features.add_argument('checkpoint', help='that the config was trained to')
    features.add_argument('--out', metavar='FILE', default='tsne.png', help='picture to write')
    features.add_argument('--images', type=at_least(1), default=1000, help='at most')
    features.add_argument('--perplexity', type=above(0), default=30, help='of t-SNE')
    for command in commands.choices.values():
        command.formatter_class = parser.formatter_class


def _add(commands, name, purpose):
    parser = commands.add_parser(name, help=purpose)
    parser.add_argument('results', metavar='RESULTS', help='results.csv or results.json of a sweep')
    parser.add_argument('--protocols', nargs='+', metavar='NAME', help='those to look at; all by default')
    parser.add_argument('--data-fraction', type=float, metavar='SHARE', help='one of them, where the sweep had several')
    parser.add_argument('--resolution', type=int, metavar='PIXELS', help='one of them, where the sweep had several')
    parser.add_argument('--shots', type=int, metavar='N', help='one of them, where the sweep had several')
    parser.add_argument('--markdown', metavar='FILE', help='write the table there as well')
    return parser


def run(args):
    if args.command == 'tsne':
        draw_tsne(args)
    else:
        show_sheets(args)


def show_sheets(args):
    from ..files import require_writable, write_whole
    from ..picture import require_picture
    from ..results.table import read_results
    if getattr(args, 'plot', None):
        require_picture(args.plot)
    if args.markdown:
        require_writable(args.markdown)
    sheets = SHEETS[args.command](read_results(args.results, protocols=args.protocols), args)
    for sheet in sheets:
        print_table(sheet.rich())
    if args.markdown:
        write_whole('\n'.join(sheet.markdown() for sheet in sheets).encode(), args.markdown)


def make_table(results, args):
    from ..results.curves import draw_groups
    from ..results.table_one import table_one
    if args.baseline:
        results.require_protocol(args.baseline)
    sheet = table_one(_finals(results, args), baseline=args.baseline or 'Full')
    if args.plot:
        draw_groups(sheet, args.plot)
    return [sheet]


def make_seeds(results, args):
    from ..results.table_one import seeds_table
    return [seeds_table(_finals(results, args))]


def make_tests(results, args):
    from ..results.significance import welch_sheet, wilcoxon_sheet
    results.require_protocol(args.contender)
    rows, test = _finals(results, args), dict(contender=args.contender, alternative=args.alternative)
    several = len({row['task'] for row in rows}) > 1
    return [*([wilcoxon_sheet(rows, **test)] if several else []), welch_sheet(rows, **test)]


def make_base_to_new(results, args):
    from ..results.words import base_to_new_sheet
    return [base_to_new_sheet(_finals(results, args))]


def make_tasks(results, args):
    from ..results.words import tasks_sheet
    return [tasks_sheet(_finals(results, args))]


def make_tuned(results, args):
    from ..results.tuned import draw_tuned, tuned_sheets
    rows = _finals(results, args)
    sheets = tuned_sheets(rows, columns=args.columns)
    if args.plot:
        draw_tuned(rows, args.plot, columns=args.columns)
    return sheets


def make_curve(results, args):
    from ..results.curves import curves, curves_sheet, draw_curves
    found = curves(results, over=args.over, fraction=args.data_fraction, size=args.resolution, shots=args.shots)
    if args.plot:
        draw_curves(found, args.plot, over=args.over)
    return [curves_sheet(found, over=args.over)]


def make_streams(results, args):
    from ..results.streams import draw_streams, of_stream, streams_sheets
    rows = of_stream(_finals(results, args), args.stream)
    if args.plot:
        draw_streams(rows, args.plot)
    return streams_sheets(rows)


SHEETS = dict(table=make_table, seeds=make_seeds, tests=make_tests, tasks=make_tasks, tuned=make_tuned,
              curve=make_curve, streams=make_streams, **{'base-to-new': make_base_to_new})


def _finals(results, args):
    return results.finals(fraction=args.data_fraction, size=args.resolution, shots=args.shots)


def draw_tsne(args):
    from ..picture import require_picture
    from ..visualise import tsne
    from .launch import load_config
    require_picture(args.out)
    features, labels = tsne.features_of(load_config(args), args.checkpoint, images=args.images)
    tsne.draw_tsne(tsne.embed(features, perplexity=args.perplexity), labels, args.out, title=args.config)
    print(args.out)
