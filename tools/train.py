"""Train a prompted classifier or segmentor: python tools/train.py CONFIG."""
from vpt_mm.cli.launch import train
from vpt_mm.cli.options import common_parser, main


def parse_args():
    parser = common_parser(__doc__)
    parser.add_argument('--resume', nargs='?', const='auto', metavar='CHECKPOINT',
                        help='go on from the newest checkpoint in the work dir, or from the one given')
    parser.add_argument('--amp', action='store_true', help='mixed precision, on a GPU')
    parser.add_argument('--no-validate', action='store_true', help='train without validation')
    return parser.parse_args()


if __name__ == '__main__':
    main(train, parse_args())
