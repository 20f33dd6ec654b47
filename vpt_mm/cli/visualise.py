"""vpt-mm visualise: pictures of what prompts do."""
from .options import at_least, waiting


def add_arguments(parser):
    parser.add_argument('config', help='config file')
    parser.add_argument('checkpoint', help='its checkpoint or task file')
    parser.add_argument('images', nargs='*', metavar='IMAGE', help='image files; none are needed for pixel frames')
    parser.add_argument('--out', default='pictures', metavar='FOLDER', help='where to write')
    parser.add_argument('--blocks', type=int, nargs='+', metavar='N',
                        help='blocks, counted from 1; the last is that of the nearest patches; by default four')
    parser.add_argument('--prompts', type=at_least(1), default=8, help='prompts among the nearest patches')


def run(args):
    from ..visualise.prompts import visualise
    with waiting(f'drawing {args.checkpoint}'):
        written = visualise(args.config, args.checkpoint, args.images, args.out, blocks=args.blocks,
                            prompts=args.prompts)
    for path in written:
        print(path)
