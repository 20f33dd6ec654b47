"""vpt-mm prototypes: class prototypes, for DeepPrompt(prototypes=...)."""
from .options import add_run_options


def add_arguments(parser):
    add_run_options(parser)
    parser.add_argument('out', help='file to write')


def run(args):
    from ..engine.prototypes import prototypes_of_config
    from ..files import require_writable
    from ..tuning.prototypes import write_prototypes
    from .launch import load_config
    require_writable(args.out)
    prototypes = prototypes_of_config(load_config(args))
    write_prototypes(prototypes, args.out)
    print(f'{args.out}: {len(prototypes)} classes of width {prototypes.shape[1]}')
