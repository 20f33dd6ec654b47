"""MaskFolders: a folder of images, and one of masks that bear their names."""
import os
from pathlib import Path

from mmengine.registry import DATASETS
from mmseg.datasets import BaseSegDataset

from ..errors import UsageError, some
from .formats import ENDINGS, pillow_reads
from .reading import SCENE_PIXELS, find_images


@DATASETS.register_module()
class MaskFolders(BaseSegDataset):
    """mmseg's ``BaseSegDataset``, for images of several endings, large scenes, and folders with hidden files.

    Args:
        img_suffix: endings of the images' names, in small or capital letters; ``any`` means all that images have.
        most_pixels: of an image or mask.
        folders: arguments of ``BaseSegDataset``; an ``ann_file`` lists names without endings, of which all must be
            there.

    Raises:
        UsageError: a listed image that is not there.
    """

    where_to_get = ('set DATA_ROOT to the folder that holds images/{{training,validation}} and '
                    'annotations/{{training,validation}}, and SUFFIX to the ending of the images, such as .png')

    def __init__(self, *, img_suffix='any', most_pixels=SCENE_PIXELS, **folders):
        suffixes = [img_suffix] if isinstance(img_suffix, str) else list(img_suffix)
        self.endings = ENDINGS if 'any' in suffixes else tuple(suffix.lower() for suffix in suffixes)
        self.most_pixels = most_pixels
        super().__init__(img_suffix=suffixes[0], **folders)

    def load_data_list(self):
        images, masks = (self.data_prefix.get(name) for name in ('img_path', 'seg_map_path'))
        paths = {path: os.path.splitext(os.path.relpath(path, images))[0]
                 for path in find_images(images, endings=self.endings)}
        if self.ann_file:
            listed = self._read_list(set(paths.values()))
            paths = {path: stem for path, stem in paths.items() if stem in listed}
        common = dict(label_map=self.label_map, reduce_zero_label=self.reduce_zero_label)
        found = [dict(common, img_path=path, seg_fields=[]) for path in paths]
        for entry in found if masks is not None else ():
            entry['seg_map_path'] = os.path.join(masks, paths[entry['img_path']] + self.seg_map_suffix)
        return found

    def _read_list(self, known):
        listed = set(filter(None, map(str.strip, Path(self.ann_file).read_text().splitlines())))
        if listed - known:
            raise UsageError(f'{self.ann_file} lists images that {self.data_prefix["img_path"]} does not have: '
                             f'{some(sorted(listed - known))}. It lists names without endings, one a line.')
        return listed

    def prepare_data(self, idx):
        with pillow_reads(self.most_pixels):
            return super().prepare_data(idx)
