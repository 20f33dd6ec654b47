"""vpt-mm coverage: which of the configs that OpenMMLab's libraries ship can be prompted, and by which methods."""
import warnings

from .options import print_table


def add_arguments(parser):
    parser.add_argument('--libraries', nargs='+', choices=['mmpretrain', 'mmseg', 'mmdet'],
                        default=['mmpretrain', 'mmseg', 'mmdet'], help='whose configs')
    parser.add_argument('--markdown', metavar='FILE', help='write the page there as well')
    parser.add_argument('--list', metavar='FILE', help='write one config of each backbone there, with its methods, as '
                        'JSON')


def run(args):
    from ..files import require_writable, write_whole
    from ..prompting.coverage import count_shipped
    from ..prompting.coverage_page import coverage_list, coverage_notes, coverage_page, coverage_tables
    warnings.filterwarnings('ignore')
    for path in filter(None, (args.markdown, args.list)):
        require_writable(path)
    coverage = count_shipped(args.libraries)
    for table in coverage_tables(coverage):
        print_table(table)
    print('\n'.join(coverage_notes(coverage)))
    if args.markdown:
        write_whole(coverage_page(coverage, 'vpt-mm coverage --markdown docs/coverage.md').encode(), args.markdown)
    if args.list:
        write_whole(coverage_list(coverage).encode(), args.list)
