"""Folders of streets as they are downloaded: GTA5's, with palette masks of label ids, and Cityscapes'."""
from pathlib import Path

import mmcv
import numpy as np
from PIL import Image

from vpt_mm.datasets.gtav import COLOURS

SIZE = (32, 64)  # height and width
IDS = np.resize([7, 8, 11, 23, 26, 34, 0], SIZE[1])  # road, sidewalk, building, sky, car; and two that do not count


def write_gtav(root, count=4):
    """``images/00001.png`` and ``labels/00001.png``: stripes of label ids."""
    palette = [value for colour in COLOURS.values() for value in colour]
    for number in range(1, count + 1):
        ids = np.broadcast_to(np.roll(IDS, number), SIZE).astype(np.uint8)
        mask = Image.fromarray(ids)
        mask.putpalette(palette)
        Path(root, 'labels').mkdir(parents=True, exist_ok=True)
        mask.save(Path(root, 'labels', f'{number:05}.png'))
        mmcv.imwrite(np.repeat(7 * ids[..., None], 3, axis=-1), str(Path(root, 'images', f'{number:05}.png')))
    return root


def write_cityscapes(root, count=2):
    """``leftImg8bit/val/CITY/*_leftImg8bit.png`` and ``gtFine/val/CITY/*_gtFine_labelTrainIds.png``."""
    for number in range(count):
        train_ids = np.broadcast_to(np.resize([0, 1, 2, 10, 13, 255], SIZE[1]), SIZE).astype(np.uint8)
        name = f'val/bonn/bonn_{number:06}_000019'
        mmcv.imwrite(train_ids, str(Path(root, 'gtFine', f'{name}_gtFine_labelTrainIds.png')))
        mmcv.imwrite(np.repeat(10 * train_ids[..., None], 3, axis=-1),
                     str(Path(root, 'leftImg8bit', f'{name}_leftImg8bit.png')))
    return root
