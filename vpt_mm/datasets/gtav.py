"""GTAVDataset: streets of a game, with the nineteen classes of Cityscapes."""
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from mmengine.registry import DATASETS
from mmseg.datasets import BaseSegDataset, CityscapesDataset

from ..errors import UsageError

CLASSES = CityscapesDataset.METAINFO['classes']
PLACES = MappingProxyType(dict(img_path='images', seg_map_path='labels'))
COLOURS = {  # of Cityscapes' labels, by id from 0
    'unlabeled': [0, 0, 0], 'ego vehicle': [0, 0, 0], 'rectification border': [0, 0, 0], 'out of roi': [0, 0, 0],
    'static': [0, 0, 0], 'dynamic': [111, 74, 0], 'ground': [81, 0, 81], 'road': [128, 64, 128],
    'sidewalk': [244, 35, 232], 'parking': [250, 170, 160], 'rail track': [230, 150, 140], 'building': [70, 70, 70],
    'wall': [102, 102, 156], 'fence': [190, 153, 153], 'guard rail': [180, 165, 180], 'bridge': [150, 100, 100],
    'tunnel': [150, 120, 90], 'pole': [153, 153, 153], 'polegroup': [153, 153, 153], 'traffic light': [250, 170, 30],
    'traffic sign': [220, 220, 0], 'vegetation': [107, 142, 35], 'terrain': [152, 251, 152], 'sky': [70, 130, 180],
    'person': [220, 20, 60], 'rider': [255, 0, 0], 'car': [0, 0, 142], 'truck': [0, 0, 70], 'bus': [0, 60, 100],
    'caravan': [0, 0, 90], 'trailer': [0, 0, 110], 'train': [0, 80, 100], 'motorcycle': [0, 0, 230],
    'bicycle': [119, 11, 32], 'license plate': [0, 0, 142]}


@DATASETS.register_module()
class GTAVDataset(BaseSegDataset):
    """GTA5 (Richter et al. 2016) as it is downloaded: ``images/00001.png`` and ``labels/00001.png``.

    Masks hold Cityscapes' label ids, 0 to 34, in palette PNGs. mmseg's ``label_map`` makes of them the numbers of the
    classes, and 255 of all others. Masks that were converted to train ids, ``labels/00001_labelTrainIds.png``, are for
    mmseg's ``CityscapesDataset`` with ``img_suffix='.png'`` and ``seg_map_suffix='_labelTrainIds.png'``.

    Args:
        metainfo: ``classes`` in it are those that are kept, in the order of their new numbers; the nineteen of
            Cityscapes by default.
        data_prefix: folders of images and masks.
        dataset: ``data_root``, the folder that holds both, and other arguments of mmseg's ``BaseSegDataset``.

    Raises:
        UsageError: masks of train ids.
    """

    METAINFO = dict(classes=tuple(COLOURS), palette=list(COLOURS.values()))
    where_to_get = ('get images and labels of its ten parts from https://download.visinf.tu-darmstadt.de/data/'
                    'from_games, unpack them there, and set data_root to the folder that holds images and labels')

    def __init__(self, *, img_suffix: str = '.png', seg_map_suffix: str = '.png',
                 metainfo: Mapping[str, Any] | None = None, data_prefix: Mapping[str, str] = PLACES,
                 **dataset: Any) -> None:
        if 'trainids' in seg_map_suffix.lower():
            raise UsageError(f'GTAVDataset reads label ids, and masks named *{seg_map_suffix} hold train ids: take '
                             f"type='CityscapesDataset' with img_suffix='.png', seg_map_suffix={seg_map_suffix!r}.")
        super().__init__(img_suffix=img_suffix, seg_map_suffix=seg_map_suffix,
                         metainfo=dict(dict(classes=CLASSES), **(metainfo or {})), data_prefix=dict(data_prefix),
                         **dataset)
