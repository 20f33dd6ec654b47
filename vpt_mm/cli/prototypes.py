"""vpt-mm prototypes: of classes, or of patch tokens, for prototypes= of DeepPrompt and ShallowPrompt."""
from .options import add_run_options, at_least


def add_arguments(parser):
    add_run_options(parser)
    parser.add_argument('out', help='file to write')
    parser.add_argument('--tokens', type=at_least(1), metavar='LENGTH',
                        help='so many prototypes of the patch tokens in each block, in place of one for each class')
    parser.add_argument('--by', choices=['k-means', 'mean', 'max', 'random'], default='k-means',
                        help='how those of tokens are made')
    parser.add_argument('--images', type=at_least(1), default=64, help='training images whose tokens are looked at')


def run(args):
    from ..engine.prototypes import prototypes_of_config, token_prototypes_of_config
    from ..files import require_writable
    from ..tuning.prototypes import write_prototypes
    from .launch import load_config
    require_writable(args.out)
    config = load_config(args)
    if args.tokens is None:
        found = prototypes_of_config(config)
        said = f'{len(found)} classes of width {found.shape[1]}'
    else:
        found = token_prototypes_of_config(config, args.tokens, by=args.by, images=args.images)
        said = f'{args.tokens} prompts for each of {len(found)} blocks'
    write_prototypes(found, args.out)
    print(f'{args.out}: {said}')
