"""SourceAndTarget: two datasets of the same classes, of which one is labelled (unsupervised domain adaptation)."""
import math

import torch
from mmengine.dist import get_dist_info, sync_random_seed
from mmengine.registry import DATA_SAMPLERS, DATASETS
from torch.utils.data import Dataset, Sampler

from ..errors import UsageError, some
from ..tuning.tokens import plain_name

UNLABELLED = -1  # as losses of OpenMMLab call what they ignore


@DATASETS.register_module()
class SourceAndTarget(Dataset):
    """Images of a labelled source and, behind them, those of an unlabelled target; for training.

    Whatever the target's files say, its images have the label -1 here, so that no training sees another.

    Args:
        datasets: configs of two datasets, the source with names of its classes, and the target, whose classes, if it
            has any, are among them.

    Raises:
        UsageError: not two, a source without classes, a target with others, or one of the two without images.
    """

    def __init__(self, *, datasets):
        if not isinstance(datasets, (list, tuple)) or len(datasets) != 2:
            raise UsageError(f'an adaptation needs the datasets of a source and of a target, got {datasets!r}.')
        self.source, self.target = map(DATASETS.build, datasets)
        classes, others = ((getattr(one, 'metainfo', None) or {}).get('classes') for one in (self.source, self.target))
        if not classes:
            raise UsageError('the source of an adaptation needs names of classes: set metainfo=dict(classes=[...]) in '
                             f'{type(self.source).__name__}.')
        strange = [name for name in others or () if plain_name(name) not in set(map(plain_name, classes))]
        if strange:
            raise UsageError(f'the target has classes that the source has not: {some(strange)}. Its folders must have '
                             f'the names of the source\'s ({some(classes)}), or no classes at all.')
        if not len(self.source) or not len(self.target):
            raise UsageError(f'an adaptation needs images of both domains, got {len(self.source)} of the source and '
                             f'{len(self.target)} of the target.')

    @property
    def metainfo(self):
        return self.source.metainfo

    def __len__(self):
        return len(self.source) + len(self.target)

    def __getitem__(self, index):
        if index < len(self.source):
            return self.source[index]
        item = self.target[index - len(self.source)]
        item['data_samples'].set_gt_label(UNLABELLED)
        return item


@DATA_SAMPLERS.register_module()
class DomainSampler(Sampler):
    """An image of the source, one of the target, and so on, so that batches of an even size hold as many of each.

    An epoch has each image of the source once. Those of the target come in rounds, each in an order of its own, which
    go on where the epoch before has ended: all are seen, however many there are.

    Args:
        dataset: :class:`SourceAndTarget`.
        seed: of the orders; the same in all processes.

    Raises:
        UsageError: another dataset.
    """

    def __init__(self, dataset, *, seed=None):
        if not isinstance(dataset, SourceAndTarget):
            raise UsageError(f'DomainSampler is for SourceAndTarget, got {type(dataset).__name__}.')
        self.sizes = len(dataset.source), len(dataset.target)
        self.seed, self.epoch = sync_random_seed() if seed is None else seed, 0
        self.rank, self.world_size = get_dist_info()
        self.pairs = math.ceil(self.sizes[0] / self.world_size)  # of this process

    def __len__(self):
        return 2 * self.pairs

    def __iter__(self):
        source, target = self.sizes
        count = self.pairs * self.world_size
        order = self._order(self.epoch, source)
        first = self.epoch * count
        rounds = {number: self._order(number, target) for number in
                  range(first // target, (first + count - 1) // target + 1)}
        for pair in range(self.rank, count, self.world_size):
            yield order[pair % source]  # some twice, where processes need as many
            number, place = divmod(first + pair, target)
            yield source + rounds[number][place]

    def set_epoch(self, epoch):
        self.epoch = epoch

    def _order(self, number, size):
        return torch.randperm(size, generator=torch.Generator().manual_seed(self.seed + number)).tolist()
