"""vpt-mm convert: pretrained weights under mmpretrain's names."""
from .options import at_least, waiting


def add_arguments(parser):
    parser.add_argument('source', metavar='IN', help='a file of pretrained weights of any layout in docs/weights.md, '
                        'or timm://NAME')
    parser.add_argument('out', metavar='OUT', help='the file to write, *.pth or *.safetensors')
    parser.add_argument('--prefix', help="what stands in front of the backbone's names, or a part of it, such as "
                        'student., where a file holds several')
    parser.add_argument('--grid', nargs=2, type=at_least(1), metavar=('HEIGHT', 'WIDTH'),
                        help='the position embeddings in patches, where they are not a square')
    parser.add_argument('--whole', action='store_true', help='the whole model under its own names, in half precision')


def run(args):
    if args.whole:
        from ..weights.convert import halve_file
        with waiting(f'converting {args.source}'):
            count = halve_file(args.source, args.out)
        print(f'{args.out}: {count} tensors in half precision')
        return
    from ..weights.convert import convert_file
    with waiting(f'converting {args.source}'):
        found = convert_file(args.source, args.out, prefix=args.prefix, grid=args.grid)
    facts = ', '.join(f'{name} {value}' for name, value in found.facts.items())
    print(f'{args.out}: {len(found.state)} tensors of {found.family or "mmpretrain"}'
          + (f' ({facts})' if facts else '') + (f'; {found.note}' if found.note else ''))
