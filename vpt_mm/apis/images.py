"""read_image(): what users hand over, as the (H, W, 3) BGR uint8 that OpenMMLab's pipelines start from."""
import os
from pathlib import Path

import mmcv
import numpy as np

from ..errors import UsageError
from .fetch import fetch
from .formats import SUFFIXES, open_image

MOST_PIXELS = 50_000_000  # of one image: larger ones are refused before they are decoded


def list_images(inputs):
    """A path, address, array, the bytes of a file, a folder, or a list of those, as a list of single images.

    Raises:
        UsageError: a folder without an image.
    """
    if isinstance(inputs, (list, tuple)):
        return [image for one in inputs for image in list_images(one)]
    if isinstance(inputs, (str, os.PathLike)) and os.path.isdir(inputs):
        found = sorted(str(path) for path in Path(inputs).iterdir() if path.suffix.lower() in SUFFIXES)
        if not found:
            raise UsageError(f'no images in {inputs}: it needs files named {", ".join(sorted(SUFFIXES))}.')
        return found
    return [inputs]


def read_image(source, *, most_pixels=MOST_PIXELS):
    """One image as (H, W, 3) BGR uint8.

    Files are decoded as OpenMMLab's loaders do it: grey becomes three channels, transparency is left out, of an
    animation the first frame counts, and the camera's orientation is applied.

    Args:
        source: path, http:// or https:// address (:func:`fetch`), bytes of a file, or an array (H, W), (H, W, 1),
            (H, W, 3) BGR or (H, W, 4) BGRA, uint8.
        most_pixels: limit of height times width.

    Raises:
        UsageError: no such file, not an image, truncated, too large, or an array of another kind.
    """
    if isinstance(source, np.ndarray):
        return _from_array(source, most_pixels)
    if isinstance(source, (bytes, bytearray)):
        return _from_bytes(bytes(source), 'the image', most_pixels)
    if not isinstance(source, (str, os.PathLike)):
        raise UsageError(f'an image is a path, the bytes of a file or an array, got {type(source).__name__}.')
    if str(source).startswith(('http://', 'https://')):
        return _from_bytes(fetch(str(source)), str(source), most_pixels)
    try:
        content = Path(source).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, 'strerror', None) or error
        raise UsageError(f'{source} can not be read ({reason}): an image is a file, or an address that begins with '
                         'http:// or https://.') from None
    return _from_bytes(content, str(source), most_pixels)


def _from_array(array, most_pixels):
    shape = array.shape
    if array.dtype != np.uint8 or array.ndim not in (2, 3) or 0 in shape or (array.ndim == 3 and
                                                                             shape[2] not in (1, 3, 4)):
        raise UsageError('an image array is (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), BGR, uint8; '
                         f'got {shape} of {array.dtype}.')
    _check_size(shape[1], shape[0], 'the image', most_pixels)
    if array.ndim == 2 or shape[2] == 1:
        array = np.repeat(array.reshape(*shape[:2], 1), 3, axis=2)
    return np.ascontiguousarray(array[..., :3])


def _from_bytes(content, name, most_pixels):
    with open_image(content, name) as image:
        width, height = image.size
        _check_size(width, height, name, most_pixels)
        image.draft('RGB', (1, 1))  # JPEGs at an eighth: the whole file is read all the same
        image.load()  # raises where the file is cut short, which OpenCV fills with grey
        first = image.convert('RGB') if getattr(image, 'is_animated', False) else None
        decoded = np.array(first)[..., ::-1] if first else mmcv.imfrombytes(content, flag='color')
    if decoded is None:
        raise UsageError(f'{name} is of a format that OpenCV does not read: save it as PNG or JPEG.')
    return np.ascontiguousarray(decoded)


def _check_size(width, height, name, most_pixels):
    if width * height > most_pixels:
        raise UsageError(f'{name} has {width}x{height} pixels, the limit is {most_pixels:,}: make it smaller.')
