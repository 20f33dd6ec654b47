"""Stamps of Tux Paint (GPL-2): cut-out photographs in folders of classes, from Debian's tuxpaint-stamps-default.

Its drawings (``cartoon``, SVG), toys and mirror images are left out; a few of the rest are drawings all the same.
"""
import functools
from pathlib import Path

import cv2
import numpy as np

from ...errors import UsageError
from ..formats import open_image
from .places import find_place

CLASSES = {  # name: folders of the package
    'mammal': ('animals/mammals', 'animals/marsupials'), 'bird': ('animals/birds',),
    'fish': ('animals/fish', 'animals/shellfish'), 'flower': ('plants/flowers',), 'fruit': ('food/fruit',),
    'vegetable': ('food/vegetables',), 'household': ('household',), 'instrument': ('hobbies/music',),
    'vehicle': ('vehicles', 'military/vehicles'), 'sign': ('town/roadsigns',),
    'planet': ('space/planets', 'space/moon')}
LEFT_OUT = ('cartoon', 'toys', 'plastic')  # folders, at any depth
TWINS = ('stoplight_02_yellow', 'stoplight_03_green', 'sedan_police')  # others show the same, or are laid over it
FOLDERS, SYSTEM = ('tuxpaint/stamps', 'stamps'), '/usr/share/tuxpaint/stamps'  # the last is Debian's
GET = ('install Debian\'s or Ubuntu\'s package, "apt-get install tuxpaint-stamps-default"; or unpack it and put its '
       'folder stamps into data.')
LEAST = 5               # photographs of a class: fewer can't be split
MOST_PIXELS = 4_000_000  # the largest has 0.7 million
SIDE = 256              # pixels: larger ones are reduced to it


def find_stamps(root: str = 'data') -> dict[str, list[Path]]:
    """{class: files of its photographs, sorted by their names}.

    Args:
        root: the folder ``stamps``, or one that holds it (``FOLDERS``); then Debian's is looked at.

    Raises:
        UsageError: they aren't there, or a class has fewer than ``LEAST``.
    """
    place = find_place('stamps', root, below=FOLDERS, system=SYSTEM, holds='animals', get=GET)
    found = {name: sorted(file for folder in folders for file in (place / folder).rglob('*.png') if _is_photo(file))
             for name, folders in CLASSES.items()}
    short = [f'{name} ({", ".join(CLASSES[name])}: {len(files)})' for name, files in found.items()
             if len(files) < LEAST]
    if short:
        raise UsageError(f'a class of stamps needs {LEAST} photographs or more, and {place} has fewer of '
                         f'{"; ".join(short)}: it is incomplete, or another version. To get it, {GET}')
    return found


def _is_photo(file):
    return not file.stem.endswith('_mirror') and file.stem not in TWINS and not set(file.parts) & set(LEFT_OUT)


@functools.lru_cache(maxsize=1000)
def read_stamp(file: Path) -> np.ndarray:
    """A stamp without empty edges, (H, W, 4) RGB and opacity, uint8, of at most ``SIDE`` pixels a side.

    Raises:
        UsageError: a file that can't be read, or that shows nothing.
    """
    with open_image(file, str(file), most_pixels=MOST_PIXELS) as image:
        pixels = np.asarray(image.convert('RGBA'))
    shown = np.argwhere(pixels[..., 3] > 127)
    if not len(shown):
        raise UsageError(f'{file} is transparent all over, which no stamp is: get it anew.')
    (top, left), (bottom, right) = shown.min(0), shown.max(0) + 1
    pixels = pixels[top:bottom, left:right]
    scale = SIDE / max(pixels.shape[:2])
    return np.array(pixels) if scale >= 1 else resize(pixels, round(scale * pixels.shape[0]) or 1,
                                                      round(scale * pixels.shape[1]) or 1)


def resize(stamp: np.ndarray, height: int, width: int) -> np.ndarray:
    """A stamp in another size; what is transparent gives no colour to its neighbours."""
    opacity = stamp[..., 3:].astype(np.float32) / 255
    method = cv2.INTER_AREA if height < len(stamp) else cv2.INTER_LINEAR
    scaled = cv2.resize(np.concatenate([stamp[..., :3] * opacity, opacity], 2), (width, height), interpolation=method)
    colour = scaled[..., :3] / np.maximum(scaled[..., 3:], 1e-6)
    return np.concatenate([colour, 255 * scaled[..., 3:]], 2).clip(0, 255).round().astype(np.uint8)


def paste(stamp: np.ndarray, ground: np.ndarray, top: int, left: int) -> np.ndarray:
    """Lay a stamp on a ground (H, W, 3) float RGB, inside of it, in place; returns its opacity, (H, W) in 0..1."""
    height, width = stamp.shape[:2]
    opacity = np.zeros(ground.shape[:2], np.float32)
    opacity[top:top + height, left:left + width] = stamp[..., 3] / 255
    piece = ground[top:top + height, left:left + width]
    piece += stamp[..., 3:] / 255 * (stamp[..., :3] - piece)
    return opacity
