"""vpt-mm cost steps: time and memory of whole training steps."""
from .options import Overrides, add_device_option, at_least, print_table


def add_arguments(parser):
    parser.add_argument('configs', nargs='+', metavar='CONFIG', help='config files; others are compared to the first')
    parser.add_argument('--batch', type=at_least(1), default=2, help='images at once')
    parser.add_argument('--size', type=at_least(1), default=512, help='image side in pixels')
    parser.add_argument('--amp', action='store_true', help='mixed precision, on a GPU')
    add_device_option(parser)
    parser.add_argument('--repeats', type=at_least(1), default=9, help='steps that are timed')
    parser.add_argument('--cfg-options', nargs='+', action=Overrides, metavar='KEY=VALUE',
                        help='override entries of all configs, such as model.backbone.with_cp=True')


def run(args):
    from ..costs.compare import where
    from ..costs.steps import measure_steps, step_table
    from ..devices import default_device
    device = args.device or default_device()
    costs = measure_steps(args.configs, batch=args.batch, size=args.size, device=device, amp=args.amp,
                          repeats=args.repeats, options=args.cfg_options)
    precision = 'mixed precision' if args.amp else 'float32'
    title = (f'Training steps, {args.batch} x {args.size}x{args.size}, {precision}, {where(device)}; '
             f'medians and quartiles of {args.repeats}')
    print_table(step_table(costs, batch=args.batch, title=title))
