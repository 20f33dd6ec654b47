"""Digit folders: images of one handwritten digit each in one folder a digit, as one's own photos would lie.

    python -m vpt_mm.datasets.digits.folders data/photos --images 300
"""
import argparse
from pathlib import Path

import cv2

from ...errors import ending
from ...files import require_empty, write_whole
from .single_digits import SingleDigitsDataset


def write_folders(out, *, images, size=64, seed=0):
    """Write ``out``/0 ... ``out``/9 with so many images in all, on textured grounds; each file whole or not at all.

    Args:
        out: folder, new or empty.
        images: number of images.
        size: pixels a side.
        seed: other seeds, other images.

    Raises:
        UsageError: a number out of range, or an `out` that holds something already.
    """
    out = Path(out)
    require_empty(out)
    drawn = SingleDigitsDataset(split='training', images=images, size=size, texture=True, seed=seed, pipeline=[])
    for index in range(len(drawn)):
        item = drawn.get_data_info(index)
        name = drawn.metainfo['classes'][item['gt_label']]
        write_whole(cv2.imencode('.png', item['img'])[1].tobytes(), out / name / f'{index:05d}.png')
    return out


def main(args=None):
    parser = argparse.ArgumentParser(prog='python -m vpt_mm.datasets.digits.folders',
                                     description=__doc__.split('\n')[0])
    parser.add_argument('out', help='folder to write; must be new or empty')
    parser.add_argument('--images', type=int, default=300, help='images in all (default: %(default)s)')
    parser.add_argument('--size', type=int, default=64, help='pixels a side (default: %(default)s)')
    parser.add_argument('--seed', type=int, default=0, help='other seeds, other images (default: %(default)s)')
    options = vars(parser.parse_args(args))
    with ending(parser):
        print(write_folders(options.pop('out'), **options))


if __name__ == '__main__':
    main()
