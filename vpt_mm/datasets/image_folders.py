"""ImageFolders: one folder of images for each class."""
from pathlib import Path

from mmengine.registry import DATASETS
from mmpretrain.datasets import BaseDataset

from ..errors import UsageError, some
from .formats import ENDINGS
from .reading import find_images


@DATASETS.register_module()
class ImageFolders(BaseDataset):
    """Classes by folders, as mmpretrain's ``CustomDataset``, whatever a notebook or a file manager hid among them.

    Args:
        endings: of the names of images, in small letters.
        folders: arguments of mmpretrain's ``BaseDataset``; ``classes`` in another order than the alphabet's numbers
            the folders in that order.

    Raises:
        UsageError: a folder that is not among ``classes``.
    """

    where_to_get = 'set DATA_ROOT to the folder that holds one folder of images for each class'

    def __init__(self, *, endings=ENDINGS, **folders):
        self.endings = tuple(endings)
        super().__init__(ann_file='', **folders)

    @property
    def root(self):
        """The folder that holds the classes'."""
        return Path(self.img_prefix)

    def list_folders(self):
        """The names of the classes' folders."""
        return sorted(path.name for path in self.root.iterdir() if path.is_dir() and not path.name.startswith('.'))

    def load_data_list(self):
        found = self.list_folders()
        classes = self._metainfo.setdefault('classes', tuple(found))
        strange = set(found) - set(classes)
        if strange:
            raise UsageError(f'{self.root} has folders that are not among the classes ({some(classes)}): '
                             f'{some(sorted(strange))}.')
        return [dict(img_path=path, gt_label=classes.index(name)) for name in found
                for path in find_images(self.root / name, endings=self.endings)]
