"""SourceAndTarget and DomainSampler: what comes from which domain, in which order, and what never leaves the target."""
from collections import Counter

import pytest
from mmengine.dataset import default_collate
from mmengine.registry import DATASETS
from torch.utils.data import DataLoader

from tests.runs import RandomImages
from vpt_mm.datasets import DomainSampler, SourceAndTarget
from vpt_mm.errors import UsageError


@DATASETS.register_module()
class Named(RandomImages):
    """Random images whose classes are given."""

    def __init__(self, classes=None, **images):
        super().__init__(**images)
        self.metainfo = dict(classes=classes)


def pair(source=('a_b', 'c', 'd'), target=('A b', 'd'), counts=(5, 3)):
    return SourceAndTarget(datasets=[dict(type='Named', classes=classes, count=count)
                                     for classes, count in zip((source, target), counts)])


def test_the_target_has_no_labels():
    data = pair()
    labels = [int(data[index]['data_samples'].gt_label) for index in range(len(data))]
    assert labels == [*data.source.labels.tolist(), -1, -1, -1] and data.metainfo == dict(classes=('a_b', 'c', 'd'))
    assert (data[6]['inputs'] == data.target[1]['inputs']).all()


@pytest.mark.parametrize('counts, batches', [((5, 3), [4, 4, 2]), ((3, 8), [4, 2])])
def test_each_batch_holds_as_many_of_both_and_all_of_the_target_come(counts, batches):
    data, seen = pair(counts=counts), []
    sampler = DomainSampler(data, seed=1)
    loader = DataLoader(data, batch_size=4, sampler=sampler, collate_fn=default_collate)
    orders = []
    for epoch in range(8):
        sampler.set_epoch(epoch)
        found = [[int(sample.gt_label) < 0 for sample in batch['data_samples']] for batch in loader]
        assert [len(one) for one in found] == batches and all(2 * sum(one) == len(one) for one in found)
        orders.append(list(sampler))
        assert sorted(orders[-1][::2]) == list(range(counts[0]))
        seen += orders[-1][1::2]
    assert len(set(map(tuple, orders))) > 1 and list(sampler) == orders[-1]
    times = Counter(seen)
    assert set(times) == {counts[0] + index for index in range(counts[1])}
    assert max(times.values()) - min(times.values()) <= 1  # one round after the other


def test_processes_share_the_pairs(monkeypatch):
    shares = []
    for rank in range(2):
        monkeypatch.setattr('vpt_mm.datasets.source_and_target.get_dist_info', lambda rank=rank: (rank, 2))
        sampler = DomainSampler(pair(), seed=1)
        shares.append(list(sampler))
        assert len(shares[-1]) == len(sampler) == 6
    assert {index for share in shares for index in share[::2]} == set(range(5))


@pytest.mark.parametrize('given, message', [
    (dict(target=('a b', 'zebra')), "classes that the source has not: zebra.*a_b, c, d"),
    (dict(source=None), 'source of an adaptation needs names of classes'),
    (dict(counts=(5, 0)), '5 of the source and 0 of the target')])
def test_domains_that_do_not_go_together(given, message):
    with pytest.raises(UsageError, match=message):
        pair(**given)


def test_a_target_without_classes_will_do():
    assert len(pair(target=None)) == 8
    with pytest.raises(UsageError, match='of a source and of a target'):
        SourceAndTarget(datasets=[dict(type='Named')])
    with pytest.raises(UsageError, match='is for SourceAndTarget, got RandomImages'):
        DomainSampler(RandomImages())
