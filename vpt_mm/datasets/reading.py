"""Files to pixels: the one reading that training, testing, prediction, the app and the checks before a run share.

Pixels are those that mmcv's ``LoadImageFromFile`` gives, (H, W, 3) BGR uint8: grey becomes three channels, 16 bits
become 8, transparency is left out, and the camera's orientation is applied.
"""
import io
import os
import threading
from contextlib import contextmanager
from pathlib import Path

import mmcv
import numpy as np
from PIL import Image, UnidentifiedImageError

from ..errors import UsageError

MOST_PIXELS = 50_000_000  # of an image that others hand in: larger ones are refused before they are decoded
SCENE_PIXELS = 1_000_000_000  # of an image of one's own; OpenCV decodes no more than 2^30
ENDINGS = ('.bmp', '.gif', '.jpeg', '.jpg', '.pgm', '.png', '.ppm', '.tif', '.tiff', '.webp')
FORMATS = ('BMP', 'GIF', 'JPEG', 'PNG', 'PPM', 'TIFF', 'WEBP')  # others, such as EPS, would start other programs
ORIENTATION = 0x0112  # the tag of EXIF; 1 is upright
UNREADABLE = (OSError, ValueError, SyntaxError, EOFError, MemoryError, ArithmeticError)  # what Pillow raises

_limit = threading.RLock()


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


@contextmanager
def pillow_reads(most_pixels):
    """Within this context Pillow, whose limit is one for the whole process, reads images of so many pixels."""
    with _limit:
        before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, most_pixels
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = before


def open_image(source, name, *, most_pixels):
    """A Pillow image of which the header alone was read: its size, mode and format.

    Args:
        source: path or open file.
        name: of the image, for messages.
        most_pixels: limit of height times width.

    Raises:
        UsageError: not an image, of a format that is not among ``FORMATS``, or too large.
    """
    try:
        with pillow_reads(None):
            image = Image.open(source, formats=FORMATS)
    except UnidentifiedImageError:
        raise _unreadable(name, f'its format is none of {", ".join(FORMATS)}, or a kind of pixels that they rarely '
                                'have') from None
    except UNREADABLE as error:
        raise _unreadable(name, error) from None
    require_size(*image.size, name, most_pixels)
    return image


def decode_image(content, name, *, most_pixels=MOST_PIXELS):
    """The bytes of a file as (H, W, 3) BGR uint8; of an animation, the first frame.

    Raises:
        UsageError: as :func:`open_image` says, an image that is cut short, or pixels that are not whole numbers of at
            most 16 bits.
    """
    with open_image(io.BytesIO(content), name, most_pixels=most_pixels) as image:
        kind = f'{image.format} of {image.mode}'
        try:
            image.draft('RGB', (1, 1))  # JPEGs at an eighth: the whole file is read all the same
            image.load()  # raises where the file is cut short, which OpenCV fills with grey
        except UNREADABLE as error:
            raise _unreadable(name, error) from None
    decoded = mmcv.imfrombytes(content, flag='color')
    if decoded is None:
        raise UsageError(f'{name} ({kind}) has pixels that OpenCV does not turn into 8 bits: an image has whole '
                         'numbers of 8 or 16 bits. Save it as such a PNG, JPEG or TIFF.')
    return np.ascontiguousarray(decoded)


def read_file(path, *, most_pixels=MOST_PIXELS):
    """:func:`decode_image` of a file; a file that is not there is a UsageError as well."""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f'{path} cannot be read: {error.strerror}.') from None
    return decode_image(content, str(path), most_pixels=most_pixels)


def orientation_of(image):
    """How a Pillow image has to be turned to be upright, as in EXIF; 1 where it is, or Pillow turns it itself."""
    return 1 if image.format == 'TIFF' else image.getexif().get(ORIENTATION, 1)


def require_size(width, height, name, most_pixels):
    """Raise UsageError where an image has more pixels than the limit."""
    if width * height > most_pixels:
        raise UsageError(f'{name} has {width}x{height} pixels, the limit is {most_pixels:,}: make it smaller, or raise '
                         'the limit (most_pixels).')


def _unreadable(name, reason):
    return UsageError(f'{name} cannot be read as an image: {reason}.')
