"""read_image(): what users hand over, as the (H, W, 3) BGR uint8 that OpenMMLab's pipelines start from."""
import os
from pathlib import Path

import numpy as np

from ..datasets.formats import ENDINGS, require_size
from ..datasets.reading import MOST_PIXELS, decode_image, find_images
from ..errors import UsageError
from .fetch import fetch


def list_images(inputs):
    """A path, address, array, the bytes of a file, a folder, or a list of those, as a list of single images.

    Raises:
        UsageError: a folder without an image.
    """
    if isinstance(inputs, (list, tuple)):
        return [image for one in inputs for image in list_images(one)]
    if isinstance(inputs, (str, os.PathLike)) and os.path.isdir(inputs):
        found = find_images(inputs, below=False)
        if not found:
            raise UsageError(f'no images in {inputs}: it needs files named {", ".join(ENDINGS)}.')
        return found
    return [inputs]


def read_image(source, *, most_pixels=MOST_PIXELS):
    """One image as (H, W, 3) BGR uint8: the same pixels as in training (:mod:`vpt_mm.datasets.reading`).

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
        return decode_image(bytes(source), 'the image', most_pixels=most_pixels)
    if not isinstance(source, (str, os.PathLike)):
        raise UsageError(f'an image is a path, the bytes of a file or an array, got {type(source).__name__}.')
    if str(source).startswith(('http://', 'https://')):
        return decode_image(fetch(str(source)), str(source), most_pixels=most_pixels)
    try:
        content = Path(source).read_bytes()
    except (OSError, ValueError) as error:
        name, reason = str(source), getattr(error, 'strerror', None) or error
        raise UsageError(f'{name if name.isprintable() else repr(name)} cannot be read ({reason}): an image is a file, '
                         'or an address that begins with http:// or https://.') from None
    return decode_image(content, str(source), most_pixels=most_pixels)


def _from_array(array, most_pixels):
    shape = array.shape
    if array.dtype != np.uint8 or array.ndim not in (2, 3) or 0 in shape or (array.ndim == 3 and
                                                                             shape[2] not in (1, 3, 4)):
        raise UsageError('an image array is (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), BGR, uint8; '
                         f'got {shape} of {array.dtype}.')
    require_size(shape[1], shape[0], 'the image', most_pixels)
    if array.ndim == 2 or shape[2] == 1:
        array = np.repeat(array.reshape(*shape[:2], 1), 3, axis=2)
    return np.ascontiguousarray(array[..., :3])
