"""vpt-mm cost blocks: time and memory of prompts against the plain frozen backbone."""
from ..costs.methods import CHOOSING, METHODS
from .options import add_device_option, at_least, print_table

COMPARED = dict(
    choosing='classifiers with the methods that their papers describe, at one length',
    methods='methods as vpt_mm/costs/methods.py has them')


def add_arguments(parser):
    parser.add_argument('--backbone', default='vit-base', help='vit-base, vit-large, vit-huge, swin-base, '
                        'convnext-tiny, convnext-base or resnet-50')
    parser.add_argument('--method', help='DeepPrompt, or ShallowPrompt on a ViT; PixelPadPrompt on ConvNets')
    parser.add_argument('--lengths', type=at_least(1), nargs='+', default=[50, 100, 200],
                        help='prompt lengths, or pixels of padding')
    parser.add_argument('--size', type=at_least(32), default=224, help='image side in pixels')
    parser.add_argument('--batch', type=at_least(1), default=4, help='images at once')
    parser.add_argument('--read', choices=['class', 'patches'], default='class', help='classifier or segmentor')
    parser.add_argument('--precision', choices=['float32', 'bfloat16', 'float16'], default='float32',
                        help='by autocast, for all')
    parser.add_argument('--dropout', type=at_least(0, float), default=0., help='of prompts; the paper has 0.1')
    parser.add_argument('--graph', action='store_true', help='as captured CUDA graphs as well, on a GPU')
    parser.add_argument('--stored', choices=['bfloat16', 'float16'], help='one more of ours, its frozen part stored so')
    parser.add_argument('--checkpointing', action='store_true', help='one more of ours, every block checkpointed')
    add_device_option(parser)
    parser.add_argument('--threads', type=at_least(1), default=1, help='CPU threads')
    parser.add_argument('--repeats', type=at_least(1), default=9, help='pairs of each measurement')
    parser.add_argument('--choosing', nargs='+', metavar='NAME', choices=[*CHOOSING, 'all'],
                        help='methods whose prompts each image chooses, against VPT-deep of the first length: '
                        f"{', '.join(CHOOSING)}, or all")
    parser.add_argument('--methods', nargs='+', metavar='NAME', choices=[*METHODS, 'all'],
                        help=f"methods side by side, as they train, in place of prompts: {', '.join(METHODS)}, or all")
    parser.add_argument('--plot', metavar='FILE', help='picture of the ratios over prompt length')


def run(args):
    import torch

    from ..costs.compare import compare, where
    from ..costs.compare_report import cost_table, plot_costs
    from ..costs.contestants import build_choosing, build_contestants, build_methods
    from ..costs.graphs import require_graphs
    from ..devices import default_device
    from ..picture import require_picture
    for form in ('choosing', 'methods'):
        if getattr(args, form):
            _require_their_form(args, form)
    if args.plot:
        require_picture(args.plot)
    torch.set_num_threads(args.threads)
    device = args.device or default_device()
    if args.graph:
        require_graphs(device)
    autocast = None if args.precision == 'float32' else getattr(torch, args.precision)
    if args.choosing:
        contestants = build_choosing(args.backbone, _named(args.choosing, CHOOSING), length=args.lengths[0],
                                     size=args.size, autocast=autocast, device=device)
    elif args.methods:
        contestants = build_methods(args.backbone, _named(args.methods, METHODS), size=args.size, read=args.read,
                                    autocast=autocast, device=device)
    else:
        contestants = build_contestants(
            args.backbone, lengths=args.lengths, method=args.method, size=args.size, read=args.read, autocast=autocast,
            device=device, with_cp=args.checkpointing, stored=args.stored, dropout=args.dropout)
    image = torch.randn(args.batch, 3, args.size, args.size, device=device)
    costs = compare(contestants, image, repeats=args.repeats, graph=args.graph)
    method = (args.method or 'usual prompts') + (f', dropout {args.dropout}' if args.dropout else '')
    method = 'prompts that images choose' if args.choosing else 'methods' if args.methods else method
    title = (f'{args.backbone}, {method}, {args.batch} x {args.size}x{args.size}, '
             f'{args.read} read, {args.precision}, {where(device)}; ratios to {contestants[0].name}, '
             f'medians and quartiles of {args.repeats} pairs')
    print_table(cost_table(costs, batch=args.batch, title=title))
    if args.plot:
        plot_costs(costs, args.plot)
        print(f'picture: {args.plot}')


def _named(given, known):
    return list(known) if 'all' in given else given


def _require_their_form(args, form):
    """Raise UsageError for options that say what these methods are, and for a picture over prompt length."""
    from ..errors import UsageError
    usual = dict(method=None, dropout=0., stored=None, checkpointing=False, plot=None,
                 **(dict(read='class') if form == 'choosing' else dict(choosing=None)))
    given = [name for name, value in usual.items() if getattr(args, name) != value]
    if given:
        raise UsageError(f'argument --{given[0]}: --{form} compares {COMPARED[form]}, and takes none: leave it out.')
