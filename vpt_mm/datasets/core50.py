"""CORe50: fifty objects in eleven sessions."""
from pathlib import Path

from mmengine.registry import DATASETS
from mmpretrain.datasets import BaseDataset

from ..errors import UsageError, some
from .reading import find_images

TEST = (3, 7, 10)  # the sessions of the common test set (Lomonaco and Maltoni 2017)
SPLITS = dict(train=tuple(session for session in range(1, 12) if session not in TEST), test=TEST)


@DATASETS.register_module()
class CORe50(BaseDataset):
    """Images of CORe50 (Lomonaco and Maltoni 2017): folders s1 to s11 of sessions, in each o1 to o50 of objects.

    ``get_data_info()`` gives the session, which is the domain of a ``DomainStream(field='session')``.

    Args:
        split: 'train', sessions 1, 2, 4, 5, 6, 8, 9 and 11; or 'test', 3, 7 and 10.
        sessions: others, a list of numbers 1 to 11.
        dataset: ``data_root``, the folder of the sessions, ``pipeline`` and other arguments of mmpretrain's
            ``BaseDataset``.

    Raises:
        UsageError: another split or session, or an object without images in a session.
    """

    METAINFO = dict(classes=tuple(f'object {number}' for number in range(1, 51)))
    where_to_get = ('get core50_128x128.zip from https://vlomonaco.github.io/core50, unpack it, and set data_root to '
                    'the folder that holds s1 to s11')

    def __init__(self, *, split='train', sessions=None, **dataset):
        if split not in SPLITS:
            raise UsageError(f"split must be 'train' or 'test', got {split!r}.")
        self.sessions = SPLITS[split] if sessions is None else tuple(sessions)
        strange = [one for one in self.sessions if one not in range(1, 12) or isinstance(one, bool)]
        if strange or not self.sessions:
            raise UsageError(f'sessions must be numbers 1..11, got {list(self.sessions)}.')
        super().__init__(ann_file='', **dataset)

    def load_data_list(self):
        objects = range(1, len(self.metainfo['classes']) + 1)
        found = {(session, number): find_images(Path(self.data_root, f's{session}', f'o{number}'))
                 for session in self.sessions for number in objects}
        empty = [f's{session}/o{number}' for (session, number), paths in found.items() if not paths]
        if empty:
            raise UsageError(f'every object has images in every session, and {self.data_root} has none in '
                             f'{some(empty)}: {self.where_to_get}.')
        return [dict(img_path=path, gt_label=number - 1, session=session)
                for (session, number), paths in found.items() for path in paths]
