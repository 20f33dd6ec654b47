"""read_idx(): a file in the format of MNIST (http://yann.lecun.com/exdb/mnist), plain or compressed by gzip."""
import gzip
import math
import zlib
from pathlib import Path

import numpy as np

from ...errors import UsageError, line_of

BYTES = 0x08  # the kind of numbers that MNIST and those after it hold


def read_idx(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    """The numbers of a file, uint8; of a compressed one no more is unpacked than belongs there.

    Args:
        path: of the file, which is compressed where its name ends in .gz.
        shape: that it must have.

    Raises:
        UsageError: another format or shape, or a file that is cut short, longer than its shape, or damaged.
    """
    header, count = 4 + 4 * len(shape), math.prod(shape)
    try:
        with (gzip.open if path.suffix == '.gz' else open)(path, 'rb') as file:
            content = file.read(header + count + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise UsageError(f'{path} cannot be read ({line_of(error)}): get it anew.') from None
    if content[:4] != bytes([0, 0, BYTES, len(shape)]):
        raise UsageError(f'{path} must be bytes of {len(shape)} dimensions in the IDX format, which begins with '
                         f'{bytes([0, 0, BYTES, len(shape)]).hex()}, and begins with {content[:4].hex() or "nothing"}.')
    found = tuple(np.frombuffer(content[4:header].ljust(4 * len(shape), b'\0'), '>u4').tolist())
    if found != shape:
        raise UsageError(f'{path} must be of the shape {shape}, got {found}: it belongs to other data.')
    if len(content) != header + count:
        raise UsageError(f'{path} must have {header + count:,} bytes, and has '
                         f'{"more" if len(content) > header + count else f"{len(content):,}, so it is cut off"}: '
                         'get it anew.')
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)
