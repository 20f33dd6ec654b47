"""vpt-mm report: what protocols tune, and what their tasks cost to store."""
import warnings

from .options import at_least, print_table, waiting


def add_arguments(parser):
    parser.add_argument('configs', nargs='+', metavar='CONFIG', help='config files')
    parser.add_argument('--number-of-tasks', type=at_least(1), default=24, metavar='N',
                        help='tasks like that of the config, stored beside one backbone')
    parser.add_argument('--tasks', nargs='+', choices=['vtab', 'fgvc'], default=[],
                        help="also the storage of these benchmarks' tasks: the paper's total parameters")
    parser.add_argument('--plot', metavar='FILE', help='picture to write')


def run(args):
    from ..costs import parameters
    from ..picture import require_picture
    warnings.filterwarnings('ignore', module='mmseg')
    if args.plot:
        require_picture(args.plot)
    with waiting(f'counting {len(args.configs)} configs'):
        protocols = [parameters.read_protocol(config, benchmarks=args.tasks) for config in args.configs]
    print_table(parameters.protocol_table(protocols, tasks=args.number_of_tasks, benchmarks=args.tasks))
    if args.plot:
        parameters.draw_protocols(protocols, args.plot, tasks=args.number_of_tasks)
        print(args.plot)
