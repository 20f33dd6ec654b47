"""open_image(): the image in the bytes of a file, of a listed format, within a time, or one sentence why not."""
import io
import time
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image, UnidentifiedImageError

from ..errors import UsageError

# Those that OpenCV reads as well. PIL knows many more, some of which start another program: EPS runs Ghostscript.
FORMATS = dict(BMP=('.bmp',), GIF=('.gif',), JPEG=('.jpeg', '.jpg'), PNG=('.png',), PPM=('.ppm',),
               TIFF=('.tif', '.tiff'), WEBP=('.webp',))
SUFFIXES = {suffix for suffixes in FORMATS.values() for suffix in suffixes}
SECONDS = 10  # of a processor, for one file
BLOCK = 4096  # bytes that a decoder is given at once: a scan of a JPEG may have ten, and cost as much as any other


@contextmanager
def open_image(content: bytes, name: str, *, seconds: float = SECONDS) -> Iterator[Image.Image]:
    """PIL's image, for a ``with`` block; whatever goes wrong in the block is said of this file.

    Args:
        content: the bytes of a file.
        name: that messages call it by.
        seconds: of a processor that its reading may take.

    Raises:
        UsageError: another format, damaged, or slower than that.
    """
    try:
        with Image.open(_Timed(content, name, seconds), formats=list(FORMATS)) as image:
            image.decodermaxblock = BLOCK
            yield image
    except UsageError:
        raise
    except UnidentifiedImageError:
        raise UsageError(f'{name} is no image that can be read: no {", ".join(FORMATS)}.') from None
    except Exception as error:  # readers raise whatever damaged bytes lead them to
        raise UsageError(f'{name} is no image that can be read: {" ".join(str(error).split()) or error!r}.') from None


class _Timed(io.BytesIO):
    """Bytes that are read within some seconds: a reader that goes through a million tiny parts asks here for each."""

    def __init__(self, content, name, seconds):
        super().__init__(content)
        self.name_of_file, self.seconds, self.until = name, seconds, time.thread_time() + seconds

    def read(self, size=-1, /):
        if time.thread_time() > self.until:
            raise UsageError(f'{self.name_of_file} takes more than {self.seconds:g} s to read: save it anew, as PNG or '
                             'baseline JPEG.')
        return super().read(size)
