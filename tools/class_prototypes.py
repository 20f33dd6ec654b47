"""Write class prototypes, for DeepPrompt(prototypes=...): python tools/class_prototypes.py CONFIG OUT."""
from vpt_mm.cli.options import common_parser, load_config, main
from vpt_mm.engine.prototypes import prototypes_of_config
from vpt_mm.files import require_writable
from vpt_mm.tuning.prototypes import write_prototypes


def parse_args():
    parser = common_parser(__doc__)
    parser.add_argument('out', help='file to write')
    return parser.parse_args()


def run(args):
    require_writable(args.out)
    prototypes = prototypes_of_config(load_config(args))
    write_prototypes(prototypes, args.out)
    print(f'{args.out}: {len(prototypes)} classes of width {prototypes.shape[1]}')


if __name__ == '__main__':
    main(run, parse_args())
