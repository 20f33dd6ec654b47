"""tools/analyse.py's work: from a sweep's table, or a trained classifier, to tables and pictures."""
from ..files import require_writable, write_whole
from ..picture import require_picture
from ..results import curves, significance, table_one
from ..results.table import read_results
from ..visualise import tsne
from .options import load_config, print_table


def analyse(args):
    """Do what ``args.command`` of tools/analyse.py says; returns the sheets."""
    if args.command == 'tsne':
        return show_tsne(args)
    if getattr(args, 'plot', None):
        require_picture(args.plot)
    if args.markdown:
        require_writable(args.markdown)
    sheets = SHEETS[args.command](read_results(args.results, protocols=args.protocols), args)
    for sheet in sheets:
        print_table(sheet.rich())
    if args.markdown:
        write_whole('\n'.join(sheet.markdown() for sheet in sheets).encode(), args.markdown)
    return sheets


def show_table(results, args):
    if args.baseline:
        results.require_protocol(args.baseline)
    sheet = table_one.table_one(_finals(results, args), baseline=args.baseline or 'Full')
    if args.plot:
        curves.draw_groups(sheet, args.plot)
    return [sheet]


def show_seeds(results, args):
    return [table_one.seeds_table(_finals(results, args))]


def show_tests(results, args):
    results.require_protocol(args.contender)
    rows, test = _finals(results, args), dict(contender=args.contender, alternative=args.alternative)
    return [significance.wilcoxon_sheet(rows, **test), significance.welch_sheet(rows, **test)]


def show_curve(results, args):
    found = curves.curves(results, over=args.over, fraction=args.data_fraction, size=args.resolution)
    if args.plot:
        curves.draw_curves(found, args.plot, over=args.over)
    return [curves.curves_sheet(found, over=args.over)]


def show_tsne(args):
    require_picture(args.out)
    features, labels = tsne.features_of(load_config(args), args.checkpoint, images=args.images)
    tsne.draw_tsne(tsne.embed(features, perplexity=args.perplexity), labels, args.out, title=args.config)
    print(args.out)
    return []


def _finals(results, args):
    return results.finals(fraction=args.data_fraction, size=args.resolution)


SHEETS = dict(table=show_table, seeds=show_seeds, tests=show_tests, curve=show_curve)
