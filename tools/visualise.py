"""Pictures of what prompts do: python tools/visualise.py CONFIG CHECKPOINT IMAGE [IMAGE ...] --out FOLDER."""
import argparse

from vpt_mm.cli.options import at_least, main
from vpt_mm.visualise.prompts import visualise


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config file')
    parser.add_argument('checkpoint', help='its checkpoint or task file')
    parser.add_argument('images', nargs='*', metavar='IMAGE', help='image files; none are needed for pixel frames')
    parser.add_argument('--out', default='pictures', metavar='FOLDER', help='where to write (default: %(default)s)')
    parser.add_argument('--blocks', type=int, nargs='+', metavar='N',
                        help='blocks, counted from 1; the last is that of the nearest patches (default: four)')
    parser.add_argument('--prompts', type=at_least(1), default=8, help='prompts among the nearest patches (default: 8)')
    return parser.parse_args()


def draw(args):
    for path in visualise(args.config, args.checkpoint, args.images, args.out, blocks=args.blocks,
                          prompts=args.prompts):
        print(path)


if __name__ == '__main__':
    main(draw, parse_args())
