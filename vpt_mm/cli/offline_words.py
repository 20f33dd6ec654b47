"""vpt-mm offline-words: base to new and other styles, on the small image-text model."""
import logging

from .options import print_table


def add_arguments(parser):
    parser.add_argument('--out', default='work_dirs/offline_words', metavar='FOLDER', help='for results.csv and logs')
    parser.add_argument('--seeds', type=int, nargs='+', metavar='SEED', help='two or more; 42 44 82 by default')
    parser.add_argument('--results', metavar='FILE', help='print the tables of this results.csv, and train nothing')
    parser.add_argument('--picture', metavar='FILE', help='draw classes in every style into this file')


def run(args):
    from mmengine.logging import MMLogger

    from ..errors import UsageError
    from ..picture import require_picture
    from ..results.table import read_results
    from ..sweep import offline_words
    MMLogger.get_current_instance().setLevel(logging.ERROR)
    seeds = args.seeds or offline_words.SEEDS
    if len(set(seeds)) < 2:
        raise UsageError(f'argument --seeds: a deviation needs two different seeds or more, got {args.seeds}.')
    if args.picture:
        require_picture(args.picture)
    rows = (read_results(args.results).rows if args.results
            else offline_words.run_experiment(args.out, seeds=seeds))
    for sheet in offline_words.sheets_of(rows):
        print_table(sheet.rich())
    if args.picture:
        from ..datasets.offline.report import draw_styles
        draw_styles(args.picture)
        print(args.picture)
