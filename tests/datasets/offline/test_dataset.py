"""OfflineTask through mmpretrain."""
import numpy as np
import pytest
from mmengine.registry import DATASETS

from tests.offline import few_images
from vpt_mm.datasets import select_tasks
from vpt_mm.datasets.benchmarks.check import check_task, require_data
from vpt_mm.datasets.offline import table
from vpt_mm.errors import UsageError


@pytest.fixture(autouse=True)
def few(monkeypatch):
    yield from few_images(monkeypatch, train=80, val=20, test=20)


def build(**config):
    return DATASETS.build(dict(type='OfflineTask', **{'task': 'thing', 'split': 'val200', **config}))


def test_mmpretrain_packs_a_sample():
    packed = build(pipeline=[dict(type='mmpretrain.PackInputs')])[1]
    images, labels = table.load_split('thing', 'val200')
    assert packed['data_samples'].gt_label.item() == labels[1]
    assert np.array_equal(packed['inputs'].numpy(), images[1].transpose(2, 0, 1)[::-1])  # BGR


def test_it_knows_its_classes():
    dataset = build()
    assert dataset.metainfo['classes'] == table.DRAWN_TASKS['thing'].classes
    assert len(dataset) == 20


def test_a_share_holds_every_class():
    whole, share = build(split='train800'), build(split='train800', fraction=0.25)
    counts = np.bincount(share.labels)
    assert len(share) == counts.sum() and set(counts) <= {2, 3} and len(counts) == 7
    assert {image.tobytes() for image in share.images} < {image.tobytes() for image in whole.images}


def test_a_sweep_finds_its_data_complete_without_a_folder(tmp_path):
    tasks = select_tasks('offline')
    assert [task.name for task in tasks] == list(table.DRAWN_TASKS)
    require_data({task.name: tmp_path for task in tasks})
    assert check_task(tasks[0]).images == dict(train800=800, val200=200, train800val200=1000, test=1000)


@pytest.mark.parametrize('fraction', [0, 1.5])
def test_an_impossible_share_is_refused(fraction):
    with pytest.raises(UsageError, match='fraction must be above 0 and at most 1'):
        build(fraction=fraction)
