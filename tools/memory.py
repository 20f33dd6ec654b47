"""Memory of a training step, counted without weights or a GPU: python tools/memory.py --backbones vit-huge."""
import argparse
import warnings

from vpt_mm.cli.options import at_least, main, print_table
from vpt_mm.costs.memory import METHODS, OPTIONS, combinations, memory_of_backbone, memory_of_config, memory_table


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument('--config', help='count the model of this config, heads and losses included, and nothing else')
    parser.add_argument('--backbones', nargs='+', default=['vit-base'], help='those of tools/benchmark.py')
    parser.add_argument('--methods', nargs='+', default=['VPT-deep', 'Full'], help=f"of {', '.join(METHODS)}")
    parser.add_argument('--options', nargs='+', default=['plain'],
                        help=f"of {', '.join(OPTIONS)}: the frozen part stored in bfloat16, blocks checkpointed")
    parser.add_argument('--batch', type=at_least(1), default=8, help='images at once')
    parser.add_argument('--size', type=at_least(32), help='image side in pixels: 224, or what the config says')
    parser.add_argument('--read', choices=['class', 'patches'], default='class', help='classifier or segmentor')
    return parser.parse_args()


def count(args):
    warnings.filterwarnings('ignore', module='mmseg')
    size = args.size or 224
    if args.config:
        memories = [memory_of_config(args.config, batch=args.batch, size=args.size)]
    else:
        memories = [memory_of_backbone(*names, batch=args.batch, size=size, read=args.read)
                    for names in combinations(args.backbones, args.methods, args.options)]
    print_table(memory_table(memories, title=f'GB at a batch of {args.batch}'))


if __name__ == '__main__':
    main(count, parse_args())
