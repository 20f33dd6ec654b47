"""Convert pretrained weights to mmpretrain's names once: python tools/convert_weights.py IN OUT."""
import argparse

from vpt_mm.cli.options import at_least, main
from vpt_mm.weights.convert import convert_file


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('source', metavar='IN', help='a file of pretrained weights of any layout in docs/weights.md, '
                        'or timm://NAME')
    parser.add_argument('out', metavar='OUT', help='the file to write, *.pth or *.safetensors')
    parser.add_argument('--prefix', help="what stands in front of the backbone's names, or a part of it, such as "
                        'student., where a file holds several')
    parser.add_argument('--grid', nargs=2, type=at_least(1), metavar=('HEIGHT', 'WIDTH'),
                        help='the position embeddings in patches, where they are no square')
    return parser.parse_args()


def convert(args):
    found = convert_file(args.source, args.out, prefix=args.prefix, grid=args.grid)
    facts = ', '.join(f'{name} {value}' for name, value in found.facts.items())
    print(f'{args.out}: {len(found.state)} tensors of {found.family or "mmpretrain"}'
          + (f' ({facts})' if facts else '') + (f'; {found.note}' if found.note else ''))


if __name__ == '__main__':
    main(convert, parse_args())
