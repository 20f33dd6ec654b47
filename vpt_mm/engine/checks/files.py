"""Files of images and masks: a spread of them is read before a run, as training will read them."""
from collections.abc import Iterator
from contextlib import nullcontext

import mmcv
import numpy as np
from mmengine.registry import TRANSFORMS
from PIL import Image

from ...datasets.formats import open_image, pillow_reads
from ...datasets.reading import SCENE_PIXELS, orientation_of, read_file
from ...errors import UsageError, telling
from .parts import name_of, steps_of, warn

MOST_READ, MOST_PIXELS_READ = 200, 400_000_000  # about so many files, or pixels, are read of the data of a phase
BLOCK = 2 ** 22  # pixels that are counted at once
DARK = 16        # of 255: 16-bit images that are nowhere brighter once they have 8 bits hold fewer bits


def spread(samples: list) -> list:
    """Some of many, evenly."""
    return samples[::max(1, len(samples) // MOST_READ)]


class Reader:
    """Reads the files of a dataset as its pipeline does.

    Args:
        dataset: its config.
        most_pixels: of an image or mask; None where the dataset sets no limit, and the libraries' own hold.
    """

    def __init__(self, dataset: dict, most_pixels: int | None = None):
        steps = [step for step in steps_of(dataset.get('pipeline')) if name_of(step).startswith('Load')]
        self.images = [step for step in steps if 'Image' in name_of(step)]
        self.masks = [step for step in steps if name_of(step) == 'LoadAnnotations'][:1]
        self.most_pixels = most_pixels
        self.turned, self.pixels = [], 0

    def spread(self, samples: list) -> Iterator[dict]:
        """Some of the samples, evenly, as long as there are not too many pixels in them."""
        for sample in spread(samples):
            if self.pixels < MOST_PIXELS_READ:
                yield sample

    def read(self, sample: dict) -> dict:
        """What the pipeline loads of a sample.

        Raises:
            UsageError: a file that cannot be read, or not by this pipeline.
        """
        path = sample['img_path']
        if len(self.images) == 1 and _is_plain(self.images[0]):
            image = read_file(path, most_pixels=self.most_pixels or SCENE_PIXELS)
            sample = dict(sample, img=image, img_shape=image.shape[:2], ori_shape=image.shape[:2])
            self._look_for_darkness(path, image)
        else:
            sample = self._run(self.images, sample, path)
        self.pixels += int(np.prod(sample['img_shape'])) if 'img_shape' in sample else 0
        return sample

    def read_mask(self, sample: dict) -> tuple[np.ndarray, np.ndarray]:
        """The numbers in a mask as they are in its file, and as the pipeline loads them; both (H, W).

        Raises:
            UsageError: a mask that is not one whole number of 8 bits a pixel, or that EXIF turns.
        """
        path, (step, ) = sample['seg_map_path'], self.masks
        limit = self.most_pixels or 2 * (Image.MAX_IMAGE_PIXELS or SCENE_PIXELS)
        with open_image(path, path, most_pixels=limit) as image, telling(f'{path} cannot be read as a mask'):
            if orientation_of(image) != 1:
                raise UsageError(f'{path} is to be turned, as its EXIF says, which no loader of masks does: save it '
                                 'turned, without that entry.')
            mode = image.mode
        with telling(f'{path} cannot be read as a mask'), self._allowed(), open(path, 'rb') as file:
            raw = mmcv.imfrombytes(file.read(), flag='unchanged', backend=step.get('imdecode_backend', 'pillow'))
        if raw is None or raw.squeeze().ndim != 2:
            raise UsageError(f'masks hold one class number a pixel, but {path} is a colour image ({mode}): write the '
                             'number of the class in place of its colour, as a grey or palette PNG; vpt-mm data FOLDER '
                             'does so by a table of colours.')
        raw = raw.squeeze()
        if not np.can_cast(raw.dtype, np.uint8) and (raw != raw.astype(np.uint8)).any():
            strange = raw[raw != raw.astype(np.uint8)][0]
            raise UsageError(f'masks are loaded with 8 bits, whole numbers from 0 to 255, but {path} holds {strange}.')
        return raw, self._run(self.masks, dict(sample, seg_fields=[]), path)['gt_seg_map']

    def note_turned(self, sample: dict, size: tuple[int, int]):
        """Remember an image whose EXIF turns it where the size of its mask does not show whether that is turned too."""
        with open_image(sample['img_path'], sample['img_path'], most_pixels=SCENE_PIXELS) as image:
            turn = 1 if image.format == 'PNG' else orientation_of(image)  # for which a PNG would be decoded
        if turn in (2, 3, 4) or turn > 4 and size[0] == size[1]:
            self.turned.append(sample['img_path'])

    def tell(self):
        """Warn of what is right for some and wrong for others."""
        if self.turned:
            warn(f'{len(self.turned)} of the images that were read are turned by their EXIF, such as {self.turned[0]}: '
                 'masks must lie on the turned images, as viewers show them.')

    def _allowed(self):
        """Context in which Pillow reads images of the size that the dataset allows."""
        return nullcontext() if self.most_pixels is None else pillow_reads(self.most_pixels)

    def _run(self, steps, sample, path):
        with telling(f'{path} cannot be loaded by {", ".join(map(name_of, steps))}'), self._allowed():
            for step in steps:
                sample = TRANSFORMS.build(step)(sample)
        return sample

    def _look_for_darkness(self, path, image):
        if image.max() < DARK:
            with open_image(path, path, most_pixels=SCENE_PIXELS) as header:
                deep = header.mode.startswith('I;16')
            if deep:
                warn(f'{path} has 16 bits a pixel, of which the upper 8 are read, and they are below {DARK} of 255 all '
                     'over: stretch the values of such images to 0..65535, or save them with 8 bits.')


def _is_plain(step):
    """Whether a transform loads images as :mod:`vpt_mm.datasets.reading` does."""
    return name_of(step) == 'LoadImageFromFile' and not set(step) - {'type', '_scope_', 'to_float32'}


def numbers_in(array: np.ndarray) -> set[int]:
    """The different values of an array, counted block by block."""
    blocks = np.array_split(array.reshape(-1), max(1, array.size // BLOCK))
    return set().union(*(np.unique(block).tolist() for block in blocks))
