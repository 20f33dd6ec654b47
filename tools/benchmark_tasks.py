"""Memory and time of many tasks on one backbone: python tools/benchmark_tasks.py --tasks 100."""
import argparse

import torch

from vpt_mm.cli.options import at_least, device, main, print_table
from vpt_mm.costs.many_tasks import measure_tasks, tasks_table


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument('--arch', default='base', help="of mmpretrain's VisionTransformer")
    parser.add_argument('--size', type=at_least(32), default=224, help='image side in pixels')
    parser.add_argument('--tasks', type=at_least(1), default=100)
    parser.add_argument('--batch', type=at_least(1), default=16, help='images of a batch, each of another task')
    parser.add_argument('--length', type=at_least(1), default=50, help='prompt length')
    parser.add_argument('--classes', type=at_least(1), default=100, help='of each task')
    parser.add_argument('--repeats', type=at_least(1), default=5)
    parser.add_argument('--frozen-dtype', choices=['bfloat16', 'float16'], help='store and compute the backbone so')
    parser.add_argument('--device', type=device, default='cuda' if torch.cuda.is_available() else 'cpu')
    parser.add_argument('--threads', type=at_least(1), default=1, help='CPU threads')
    return parser.parse_args()


def run(args):
    options = vars(args)
    torch.set_num_threads(options.pop('threads'))
    title = (f'{args.tasks} tasks on a ViT, arch {args.arch}, p={args.length}, {args.batch} x {args.size}x{args.size}, '
             f'{args.frozen_dtype or "float32"}, {args.device}')
    print_table(tasks_table(measure_tasks(**options), title=title))


if __name__ == '__main__':
    main(run, parse_args())
