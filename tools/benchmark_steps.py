"""Time and memory of whole training steps: python tools/benchmark_steps.py CONFIG [CONFIG ...]."""
import argparse

import torch

from vpt_mm.cli.options import Overrides, at_least, device, main, print_table
from vpt_mm.costs.compare import where
from vpt_mm.costs.steps import measure_steps, step_table


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument('configs', nargs='+', metavar='CONFIG', help='config files; others are compared to the first')
    parser.add_argument('--batch', type=at_least(1), default=2, help='images at once')
    parser.add_argument('--size', type=at_least(1), default=512, help='image side in pixels')
    parser.add_argument('--amp', action='store_true', help='mixed precision, on a GPU')
    parser.add_argument('--device', type=device, default='cuda' if torch.cuda.is_available() else 'cpu')
    parser.add_argument('--repeats', type=at_least(1), default=9, help='steps that are timed')
    parser.add_argument('--cfg-options', nargs='+', action=Overrides, metavar='KEY=VALUE',
                        help='override entries of all configs, such as model.backbone.with_cp=True')
    return parser.parse_args()


def run(args):
    costs = measure_steps(args.configs, batch=args.batch, size=args.size, device=args.device, amp=args.amp,
                          repeats=args.repeats, options=args.cfg_options)
    title = (f'Training steps, {args.batch} x {args.size}x{args.size}, {"mixed precision" if args.amp else "float32"}, '
             f'{where(args.device)}; medians and quartiles of {args.repeats}')
    print_table(step_table(costs, batch=args.batch, title=title))


if __name__ == '__main__':
    main(run, parse_args())
