"""vpt-mm cost tasks: memory and time of many tasks on one backbone."""
from .options import add_device_option, at_least, print_table


def add_arguments(parser):
    parser.add_argument('--arch', default='base', help="of mmpretrain's VisionTransformer")
    parser.add_argument('--size', type=at_least(32), default=224, help='image side in pixels')
    parser.add_argument('--tasks', type=at_least(1), default=100, help='how many')
    parser.add_argument('--batch', type=at_least(1), default=16, help='images of a batch, each of another task')
    parser.add_argument('--length', type=at_least(1), default=50, help='prompt length')
    parser.add_argument('--classes', type=at_least(1), default=100, help='of each task')
    parser.add_argument('--repeats', type=at_least(1), default=5, help='turns in which each way runs once')
    parser.add_argument('--frozen-dtype', choices=['bfloat16', 'float16'], help='store and compute the backbone so')
    add_device_option(parser)
    parser.add_argument('--threads', type=at_least(1), default=1, help='CPU threads')


def run(args):
    import torch

    from ..costs.many_tasks import measure_tasks, tasks_table
    from ..devices import default_device
    torch.set_num_threads(args.threads)
    device = args.device or default_device()
    found = measure_tasks(arch=args.arch, size=args.size, tasks=args.tasks, batch=args.batch, length=args.length,
                          classes=args.classes, repeats=args.repeats, frozen_dtype=args.frozen_dtype, device=device)
    title = (f'{args.tasks} tasks on a ViT, arch {args.arch}, p={args.length}, {args.batch} x {args.size}x{args.size}, '
             f'{args.frozen_dtype or "float32"}, {device}')
    print_table(tasks_table(found, title=title))
