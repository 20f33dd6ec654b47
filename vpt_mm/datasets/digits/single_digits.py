"""SingleDigitsDataset: images of one handwritten digit each, drawn when they are asked for."""
import numpy as np
from mmengine.registry import DATASETS
from mmpretrain.datasets import BaseDataset

from ...errors import require_counts
from .painting import draw_digit, plain, textured
from .scans import SPLITS, load_scans

SMALLEST = 16   # pixels: twice a scan
SIDES = (0.5, 0.95)  # of the image


@DATASETS.register_module()
class SingleDigitsDataset(BaseDataset):
    """One digit somewhere on each image, in memory and without files, for mmpretrain.

    Image i is the same whatever the number of images is. An item has ``img`` (size, size, 3) BGR
    uint8 and ``gt_label``; pipelines start after the loading.

    Args:
        split: 'training' or 'validation'; the two share no scan.
        images: number of images.
        size: pixels a side.
        texture: textured backgrounds as in digit scenes, instead of plain ones.
        seed: other seeds, other images.
        dataset: ``pipeline`` and other arguments of mmpretrain's ``BaseDataset``.

    Raises:
        UsageError: an unknown split or a number out of range.
    """

    METAINFO = dict(classes=tuple('0123456789'))

    def __init__(self, *, split, images, size=96, texture=False, seed=0, **dataset):
        require_counts(images=images)
        require_counts(least=SMALLEST, size=size)
        require_counts(least=0, seed=seed)
        self.scans = load_scans(split)
        self.images, self.size = images, size
        self.texture = texture
        self.entropy = [seed, SPLITS.index(split)]
        super().__init__(ann_file='', **dataset)

    def load_data_list(self):
        inks, digits = self.scans
        chosen = np.random.default_rng(self.entropy).integers(len(inks), size=self.images)
        return [dict(scan=int(scan), gt_label=int(digits[scan])) for scan in chosen]

    def get_data_info(self, idx):
        info = super().get_data_info(idx)
        image = self.draw(info['sample_idx'], scan=info['scan'])
        return dict(info, img=image, img_shape=image.shape[:2], ori_shape=image.shape[:2])

    def draw(self, index, *, scan):
        """Image `index`: (size, size, 3) BGR uint8."""
        rng = np.random.default_rng([*self.entropy, index])
        image = (textured if self.texture else plain)(self.size, rng=rng)
        side = int(self.size * rng.uniform(*SIDES))
        top, left = rng.integers(0, self.size - side + 1, 2)
        draw_digit(image[top:top + side, left:left + side], self.scans[0][scan], rng=rng)
        image += rng.normal(0, 4, image.shape)
        return np.clip(image[..., ::-1], 0, 255).astype(np.uint8)
