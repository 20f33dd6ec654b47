"""Files to pixels: the one reading that training, testing, prediction, the app and the checks before a run share.

Pixels are those that mmcv's ``LoadImageFromFile`` gives, (H, W, 3) BGR uint8: grey becomes three channels, 16 bits
become 8, transparency is left out, and the camera's orientation is applied.
"""
import os
from pathlib import Path

import mmcv
import numpy as np

from ..errors import UsageError
from .formats import ENDINGS, open_image

MOST_PIXELS = 50_000_000  # of an image that others hand in: larger ones are refused before they are decoded
SCENE_PIXELS = 1_000_000_000  # of an image of one's own; OpenCV decodes no more than 2^30
ORIENTATION = 0x0112  # the tag of EXIF; 1 is upright


def find_images(folder, *, endings=ENDINGS, below=True):
    """The paths of the images in a folder, sorted; what is hidden (``.name``) is left out, links are followed.

    Args:
        endings: of their names, in small letters.
        below: also those in folders of the folder.
    """
    found = []
    for place, folders, files in os.walk(folder, followlinks=True):
        folders[:] = sorted(name for name in folders if below and not name.startswith('.'))
        found += [os.path.join(place, name) for name in files
                  if not name.startswith('.') and name.lower().endswith(tuple(endings))]
    return sorted(found)


def decode_image(content, name, *, most_pixels=MOST_PIXELS):
    """The bytes of a file as (H, W, 3) BGR uint8; of an animation, the first frame.

    Raises:
        UsageError: as :func:`open_image` says, an image that is cut short, or pixels that are not whole numbers of at
            most 16 bits.
    """
    with open_image(content, name, most_pixels=most_pixels) as image:
        kind = f'{image.format} of {image.mode}'
        image.draft('RGB', (1, 1))  # JPEGs at an eighth: the whole file is read all the same
        image.load()  # raises where the file is cut short, which OpenCV fills with grey
        decoded = mmcv.imfrombytes(content, flag='color')
    if decoded is None:
        raise UsageError(f'{name} ({kind}) has pixels that OpenCV does not turn into 8 bits: an image has whole '
                         'numbers of 8 or 16 bits. Save it as such a PNG, JPEG or TIFF.')
    return np.ascontiguousarray(decoded)


def read_file(path, *, most_pixels=MOST_PIXELS):
    """:func:`decode_image` of a file; a file that is not there is a UsageError as well."""
    try:
        content = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        raise UsageError(f'{path} cannot be read: {getattr(error, "strerror", None) or error}.') from None
    return decode_image(content, str(path), most_pixels=most_pixels)


def orientation_of(image):
    """How a Pillow image has to be turned to be upright, as in EXIF; 1 where it is, or Pillow turns it itself."""
    return 1 if image.format == 'TIFF' else image.getexif().get(ORIENTATION, 1)
