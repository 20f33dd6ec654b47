"""DomainStream: each task has all classes, from a domain of its own."""
import numpy as np
from mmengine.dataset import ConcatDataset
from mmengine.registry import TASK_UTILS

from ...errors import UsageError, some
from ..part import Part
from .stream import TaskStream, known_labels


@TASK_UTILS.register_module()
class DomainStream(TaskStream):
    """Domain-incremental learning: tasks differ in where images come from, and share the classes.

    All classes are open in every task, so that the class mask of ``ContinualLoop`` changes nothing. ``next_task()`` of
    the tuning method is called where a domain ends: an expert is one of a domain. A column of the matrix is the
    accuracy on all classes in the test images of a domain.

    Args:
        dataset: the training set.
        classes: number of its classes.
        field: of ``get_data_info()``, whose value is the domain of an image, such as 'session'. By default each dataset
            of mmengine's ``ConcatDataset`` is a domain, and domains are numbers from 0.
        order: the domains in the order of the tasks; by default sorted.
        common: all tasks have the same test set, in which domains do not count, as of CORe50; after each task there is
            one accuracy, and no forgetting.

    Raises:
        UsageError: a dataset that does not give domains or labels, a class that is in none, an order that leaves a
            domain out or names one that is not there, or domains of the test images (unless they are common) that are
            not those that are trained.
    """

    def __init__(self, dataset, *, classes, field=None, order=None, common=False):
        self.classes, self.field, self.common = classes, field, common
        known = known_labels(dataset, classes)
        absent = sorted({*range(classes)} - {*known.tolist()})
        if absent:
            raise UsageError(f'every class needs images of a domain, and there is none of {some(absent)}.')
        domains = self._domains_of(dataset)
        self.order = _ordered(sorted(set(domains)), order)
        super().__init__(dataset, _split(domains, self.order), [range(classes)] * len(self.order))

    def tests(self, dataset):
        """The test images of each domain, or one part with all of them."""
        known_labels(dataset, self.classes)
        if self.common:
            return [Part(dataset, range(len(dataset)))]
        domains = self._domains_of(dataset)
        strange = [domain for domain in sorted(set(domains)) if domain not in self.order]
        absent = [domain for domain in self.order if domain not in domains]
        if strange or absent:
            raise UsageError('each domain is trained and tested, but '
                             + (f'no task trains {some(strange)}' if strange else f'no test image is of {some(absent)}')
                             + ': set common=True of DomainStream where one test set is that of all tasks.')
        return [Part(dataset, own) for own in _split(domains, self.order)]

    def describe(self):
        return [*super().describe(), list(map(str, self.order))]

    def _domains_of(self, dataset):
        """The domain of each image, a list of numbers or names."""
        if self.field is None:
            if not isinstance(dataset, ConcatDataset):
                raise UsageError('a DomainStream without field takes each dataset of ConcatDataset for a domain, got a '
                                 f'{type(dataset).__name__}: name the field of get_data_info() that tells the domain.')
            sizes = np.diff([0, *dataset.cumulative_sizes])
            return np.repeat(np.arange(len(sizes)), sizes).tolist()
        found = [dataset.get_data_info(index).get(self.field) for index in range(len(dataset))]
        strange = [domain for domain in found if not isinstance(domain, (int, str))]
        if strange:
            raise UsageError(f'{self.field} of get_data_info() must be a number or a name, the domain of the image, '
                             f'and {type(dataset).__name__} has {strange[0]!r}.')
        return found


def _ordered(known, order):
    if order is None:
        return known
    if sorted(map(str, order)) != sorted(map(str, known)) or not set(order) <= set(known):
        raise UsageError(f'order must name each domain once, which are {some(known, 20)}, got {list(order)}.')
    return list(order)


def _split(domains, order):
    """Indices of each domain's images."""
    return [[index for index, own in enumerate(domains) if own == domain] for domain in order]
