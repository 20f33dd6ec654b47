"""What datasets share whose images are drawn in memory."""
import numpy as np
from mmpretrain.datasets import BaseDataset

from ...errors import require_counts


class DrawnImages(BaseDataset):
    """Items have ``img`` (64, 64, 3) BGR uint8, as after the loading, where pipelines start."""

    def draw(self, number):
        """The image (64, 64, 3) RGB uint8 of this number, and what is told of it beside ``load_data_list()``."""
        raise NotImplementedError

    def get_data_info(self, idx):
        info = super().get_data_info(idx)
        image, told = self.draw(info['sample_idx'])
        image = np.ascontiguousarray(image[..., ::-1])
        return dict(info, **told, img=image, img_shape=image.shape[:2], ori_shape=image.shape[:2])


class PassingImages(DrawnImages):
    """Images that are drawn when they are asked for, each by random numbers of its own, and not kept.

    Args:
        images: number of images.
        seed: other seeds, other images.
        dataset: ``pipeline`` and other arguments of mmpretrain's ``BaseDataset``.

    Raises:
        UsageError: a number out of range.
    """

    def __init__(self, *, images, seed=0, **dataset):
        require_counts(images=images)
        require_counts(least=0, seed=seed)
        self.count, self.seed = images, seed
        super().__init__(ann_file='', **dataset)

    def load_data_list(self):
        return [{} for _ in range(self.count)]

    def random_of(self, number):
        """The generator of an image's random numbers."""
        return np.random.default_rng([self.seed, number])
