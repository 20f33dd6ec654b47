"""vpt-mm prune: prompts that matter least go, and the others start again."""
from .options import add_run_options, at_least


def add_arguments(parser):
    add_run_options(parser)
    parser.add_argument('checkpoint', help='of a run with DeepPrompt and KeepStartHook')
    parser.add_argument('out', help='file to write, for load_from')
    parser.add_argument('--tokens', type=float, default=0., help="share of each block's prompts to prune")
    parser.add_argument('--segments', type=float, default=0.,
                        help='share of the segments to prune of the prompts that are left')
    parser.add_argument('--parts', type=at_least(1), default=8, help='number of segments of a prompt')
    parser.add_argument('--images', type=at_least(1), help='training images to look at; all by default')


def run(args):
    from ..engine.pruning import prune_checkpoint
    from .launch import load_config
    tuning = prune_checkpoint(load_config(args), args.checkpoint, args.out, tokens=args.tokens,
                              segments=args.segments, parts=args.parts, images=args.images)
    print(f'{args.out}: what is left, as it was before training. To train it again, put into a copy of the config:\n'
          f'model.backbone.tuning={tuning}\nload_from={args.out!r}')
