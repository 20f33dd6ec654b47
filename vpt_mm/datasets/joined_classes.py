"""JoinedClasses: several classification datasets as one, which has the classes of all."""
import bisect
import itertools
from collections import Counter

from mmengine.registry import DATASETS
from torch.utils.data import Dataset

from ..errors import UsageError
from .labels import labels_of


@DATASETS.register_module()
class JoinedClasses(Dataset):
    """Datasets one after another, and so are their classes: labels of the second begin where those of the first end.

    ``metainfo['classes']`` has all names; one that several datasets have is followed by the number of its dataset.
    ``get_data_info()`` gives the joined label as gt_label, the place among all images as sample_idx, and the number of
    the dataset, from 0, as dataset. Images go through their own dataset's pipeline.

    Args:
        datasets: their configs, or datasets.

    Raises:
        UsageError: none, or one that does not name its classes, does not give its labels, or has labels of no class.
    """

    def __init__(self, datasets):
        if not isinstance(datasets, (list, tuple)) or not datasets:
            raise UsageError(f'JoinedClasses joins a list of datasets, got {datasets!r}.')
        self.datasets = [DATASETS.build(one) if isinstance(one, dict) else one for one in datasets]
        names = [_names_of(one) for one in self.datasets]
        self.metainfo = dict(classes=join_names(names))
        self.ends = list(itertools.accumulate(map(len, self.datasets)))
        ends = [0, *itertools.accumulate(map(len, names))]
        self.labels = [tuple(range(*pair)) for pair in itertools.pairwise(ends)]  # of each dataset

    def __len__(self):
        return self.ends[-1]

    def find(self, index):
        """(number of its dataset, index in that) of an image."""
        index = range(len(self))[index]
        number = bisect.bisect_right(self.ends, index)
        return number, index - (self.ends[number - 1] if number else 0)

    def get_data_info(self, index):
        """What the dataset knows of an image, with its joined label and the number of the dataset."""
        number, own = self.find(index)
        info = self.datasets[number].get_data_info(own)
        return {**info, 'gt_label': info['gt_label'] + self.labels[number][0], 'dataset': number, 'sample_idx': index}

    def __getitem__(self, index):
        number, own = self.find(index)
        made, first = self.datasets[number][own], self.labels[number][0]
        if 'data_samples' not in made:
            return {**made, 'gt_label': made['gt_label'] + first}
        sample = made['data_samples'].clone()
        sample.set_metainfo(dict(sample_idx=index))
        return {**made, 'data_samples': sample.set_gt_label(sample.gt_label + first)}


def join_names(parts):
    """The names of the classes of several datasets, each different from the others."""
    known = Counter(itertools.chain.from_iterable(map(set, parts)))
    return tuple(name if known[name] == 1 else f'{name} ({number})'
                 for number, names in enumerate(parts, 1) for name in names)


def _names_of(dataset):
    kind, names = type(dataset).__name__, (getattr(dataset, 'metainfo', None) or {}).get('classes')
    if not names:
        raise UsageError(f'JoinedClasses needs the classes of each dataset, and {kind} does not name its: set '
                         'metainfo=dict(classes=[...]) in it.')
    strange = sorted({*labels_of(dataset).tolist()} - {*range(len(names))})
    if strange:
        raise UsageError(f'{kind} names {len(names)} classes, and has labels of others: {strange[0]}.')
    return list(names)
