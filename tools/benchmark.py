"""Time and memory of prompts against the plain frozen backbone: python tools/benchmark.py --backbone vit-base."""
import argparse

import torch

from vpt_mm.cli.options import at_least, device, main, print_table
from vpt_mm.costs.compare import compare, where
from vpt_mm.costs.compare_report import cost_table, plot_costs
from vpt_mm.costs.contestants import BACKBONES, build_contestants
from vpt_mm.picture import require_picture


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument('--backbone', default='vit-base', help=f"one of {', '.join(BACKBONES)}")
    parser.add_argument('--method', help='DeepPrompt, or ShallowPrompt on a ViT; PixelPadPrompt on ConvNets')
    parser.add_argument('--lengths', type=at_least(1), nargs='+', default=[50, 100, 200],
                        help='prompt lengths, or pixels of padding')
    parser.add_argument('--size', type=at_least(32), default=224, help='image side in pixels')
    parser.add_argument('--batch', type=at_least(1), default=4, help='images at once')
    parser.add_argument('--read', choices=['class', 'patches'], default='class', help='classifier or segmentor')
    parser.add_argument('--precision', choices=['float32', 'bfloat16', 'float16'], default='float32',
                        help='by autocast, for all')
    parser.add_argument('--stored', choices=['bfloat16', 'float16'], help='one more of ours, its frozen part stored so')
    parser.add_argument('--checkpointing', action='store_true', help='one more of ours, every block checkpointed')
    parser.add_argument('--device', type=device, default='cuda' if torch.cuda.is_available() else 'cpu')
    parser.add_argument('--threads', type=at_least(1), default=1, help='CPU threads')
    parser.add_argument('--repeats', type=at_least(1), default=9, help='pairs of each measurement')
    parser.add_argument('--plot', metavar='FILE', help='picture of the ratios over prompt length')
    return parser.parse_args()


def run(args):
    if args.plot:
        require_picture(args.plot)
    torch.set_num_threads(args.threads)
    autocast = None if args.precision == 'float32' else getattr(torch, args.precision)
    contestants = build_contestants(
        args.backbone, lengths=args.lengths, method=args.method, size=args.size, read=args.read, autocast=autocast,
        device=args.device, with_cp=args.checkpointing, stored=args.stored)
    image = torch.randn(args.batch, 3, args.size, args.size, device=args.device)
    costs = compare(contestants, image, repeats=args.repeats)
    title = (f'{args.backbone}, {args.method or "usual prompts"}, {args.batch} x {args.size}x{args.size}, '
             f'{args.read} read, {args.precision}, {where(args.device)}; ratios to plain, '
             f'medians and quartiles of {args.repeats} pairs')
    print_table(cost_table(costs, batch=args.batch, title=title))
    if args.plot:
        plot_costs(costs, args.plot)
        print(f'picture: {args.plot}')


if __name__ == '__main__':
    main(run, parse_args())
