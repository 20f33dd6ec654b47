"""open_image(): an image of a listed format, opened within a time, or one sentence why not."""
import io
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from ..errors import UsageError, line_of

# Those that OpenCV reads as well. Pillow knows many more, some of which start another program: EPS runs Ghostscript.
FORMATS = dict(BMP=('.bmp',), GIF=('.gif',), JPEG=('.jpeg', '.jpg'), PNG=('.png',), PPM=('.pgm', '.ppm'),
               TIFF=('.tif', '.tiff'), WEBP=('.webp',))
ENDINGS = tuple(ending for endings in FORMATS.values() for ending in endings)
SECONDS = 10  # of a processor, for one file
BLOCK = 4096  # bytes that a decoder is given at once: a scan of a JPEG may have ten, and cost as much as any other

_limit = threading.RLock()


@contextmanager
def open_image(source: bytes | str | Path, name: str, *, most_pixels: int,
               seconds: float = SECONDS) -> Iterator[Image.Image]:
    """A Pillow image, of which the header alone was read, for a ``with`` block.

    Whatever goes wrong in the block is said of this file.

    Args:
        source: the bytes of a file, or its path.
        name: that messages call it by.
        most_pixels: limit of height times width.
        seconds: of a processor that its reading may take.

    Raises:
        UsageError: another format, too large, damaged, or slower than that.
    """
    try:
        with _Timed(source, name, seconds) as file, _opened(file, name, most_pixels) as image:
            require_size(*image.size, name, most_pixels)
            image.decodermaxblock = BLOCK
            yield image
    except UsageError:
        raise
    except UnidentifiedImageError:
        raise _unreadable(name, f'its format is not one of {", ".join(FORMATS)}, or a kind of pixels that they rarely '
                                'have') from None
    except Exception as error:  # readers raise whatever damaged bytes lead them to
        raise _unreadable(name, line_of(error) or repr(error)) from None


def _opened(file, name, most_pixels):
    """Pillow's image; its own limit gives way to a higher one, and agrees with a lower one."""
    lower = Image.MAX_IMAGE_PIXELS is None or most_pixels <= Image.MAX_IMAGE_PIXELS
    try:
        with nullcontext() if lower else pillow_reads(None):
            return Image.open(file, formats=list(FORMATS))
    except Image.DecompressionBombError:
        raise UsageError(f'{name} has more than {most_pixels:,} pixels, the limit: make it smaller.') from None


@contextmanager
def pillow_reads(most_pixels: int | None) -> Iterator[None]:
    """Within this context Pillow, whose limit is one for the whole process, reads images of so many pixels."""
    with _limit:
        before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, most_pixels
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = before


def require_size(width: int, height: int, name: str, most_pixels: int) -> None:
    """Raise UsageError where an image has more pixels than the limit."""
    if width * height > most_pixels:
        raise UsageError(f'{name} has {width}x{height} pixels, the limit is {most_pixels:,}: make it smaller, or raise '
                         'the limit (most_pixels).')


def _unreadable(name, reason):
    return UsageError(f'{name} cannot be read as an image: {reason}.')


class _Timed(io.BufferedReader):
    """A file that is read within some seconds: a reader that goes through a million tiny parts asks here for each."""

    def __init__(self, source, name, seconds):
        super().__init__(io.BytesIO(source) if isinstance(source, bytes) else io.FileIO(source))
        self.name_of_file, self.seconds, self.until = name, seconds, time.thread_time() + seconds

    def read(self, size=-1, /):
        if time.thread_time() > self.until:
            raise UsageError(f'{self.name_of_file} takes more than {self.seconds:g} s to read: save it anew, as PNG or '
                             'baseline JPEG.')
        return super().read(size)
