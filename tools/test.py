"""Test a prompted classifier or segmentor: python tools/test.py CONFIG CHECKPOINT."""
from vpt_mm.cli.launch import test
from vpt_mm.cli.options import common_parser, main


def parse_args():
    parser = common_parser(__doc__)
    parser.add_argument('checkpoint', help='checkpoint; the frozen weights are brought from the config')
    parser.add_argument('--tta', action='store_true', help='test-time augmentation, such as several scales')
    parser.add_argument('--out', metavar='PATH', help='a folder for predicted masks, or a .pkl file for all results')
    parser.add_argument('--show-dir', metavar='FOLDER', help='draw the predictions into this folder')
    return parser.parse_args()


if __name__ == '__main__':
    main(test, parse_args())
