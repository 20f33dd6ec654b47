"""vpt-mm cost memory: memory of a training step, counted without weights or a GPU."""
import warnings

from ..costs.methods import METHODS
from .options import at_least, print_table, waiting


def add_arguments(parser):
    parser.add_argument('--config', metavar='CONFIG',
                        help='count the model of this config, heads and losses included, and nothing else')
    parser.add_argument('--backbones', nargs='+', default=['vit-base'], help='those of vpt-mm cost blocks')
    parser.add_argument('--methods', nargs='+', default=['VPT-deep', 'Full'],
                        help=f"of {', '.join(METHODS)}")
    parser.add_argument('--options', nargs='+', default=['plain'], help='of plain, stored, checkpointed, both: the '
                        'frozen part stored in bfloat16, blocks checkpointed')
    parser.add_argument('--batch', type=at_least(1), default=8, help='images at once')
    parser.add_argument('--size', type=at_least(32), help='image side in pixels: 224, or what the config says')
    parser.add_argument('--read', choices=['class', 'patches'], default='class', help='classifier or segmentor')


def run(args):
    from ..costs.memory import combinations, memory_of_backbone, memory_of_config, memory_table
    warnings.filterwarnings('ignore', module='mmseg')
    with waiting('counting'):
        memories = [memory_of_config(args.config, batch=args.batch, size=args.size)] if args.config else [
            memory_of_backbone(*names, batch=args.batch, size=args.size or 224, read=args.read)
            for names in combinations(args.backbones, args.methods, args.options)]
    print_table(memory_table(memories, title=f'GB at a batch of {args.batch}'))
