"""RealTask through mmpretrain, on small data."""
import numpy as np
import pytest
from mmengine.registry import DATASETS

from tests.real import write_fashion, write_stamps
from vpt_mm.datasets import select_tasks
from vpt_mm.datasets.benchmarks.check import check_task, require_data
from vpt_mm.datasets.real import dataset
from vpt_mm.datasets.real.stamps import CLASSES
from vpt_mm.errors import UsageError


@pytest.fixture
def data(nowhere, monkeypatch):
    write_fashion(nowhere / 'fashion-mnist', monkeypatch)
    write_stamps(nowhere / 'stamps', each=8)
    return nowhere


def build(root, task, split, **config):
    return DATASETS.build(dict(type='RealTask', task=task, split=split, root=str(root), **config))


def test_mmpretrain_packs_a_sample(data):
    built = build(data, 'fashion', 'val', pipeline=[
        dict(type='mmpretrain.Resize', scale=(56, 56)), dict(type='mmpretrain.PackInputs')])
    packed = built[1]
    assert packed['inputs'].shape == (3, 56, 56) and (packed['inputs'][0] == packed['inputs'][2]).all()
    assert packed['data_samples'].gt_label.item() == built.labels[1]


@pytest.mark.parametrize('task, counts', [('fashion', (40, 20, 60, 20)), ('scans', (40, 20, 60, 450)),
                                          ('stamps', (33, 11, 44, 44))])
def test_parts_share_no_image_and_hold_every_class(task, counts, data):
    train, val, both, test = (build(data, task, split) for split in ('train', 'val', 'trainval', 'test'))
    assert tuple(map(len, (train, val, both, test))) == counts
    assert [image.tobytes() for image in both.images] == [image.tobytes() for image in train.images + val.images]
    pixels = [{image.tobytes() for image in part.images} for part in (train, val, test)]
    assert not pixels[0] & pixels[1] and not pixels[0] & pixels[2] and not pixels[1] & pixels[2]
    for part in (train, val, both, test):
        assert sorted(set(part.labels)) == list(range(len(part.metainfo['classes'])))


@pytest.mark.parametrize('task, redrawn', [('fashion', False), ('scans', False), ('stamps', True)])
def test_a_seed_draws_the_images_and_a_test_set_that_is_published_stays(task, redrawn, data):
    def images(split, seed):
        return [image.tobytes() for image in build(data, task, split, seed=seed).images]
    assert images('train', 3) == images('train', 3) != images('train', 4)
    assert (images('test', 3) != images('test', 4)) == redrawn


def test_a_stamp_lies_in_the_middle_of_a_grey_square(data):
    built = build(data, 'stamps', 'test')
    label = list(CLASSES).index('fruit')
    image = built.get_data_info(int(np.flatnonzero(built.labels == label)[0]))['img']  # of 20x14 pixels
    assert image.shape == (23, 23, 3)
    shown = np.argwhere((image != 127).any(2))
    assert (shown.min(0).tolist(), shown.max(0).tolist()) == ([4, 1], [17, 20])
    assert image[10, 10].tolist()[1:] == [200, 20 * label]  # BGR


def test_a_share_holds_every_class(data):
    share = build(data, 'fashion', 'train', fraction=0.5)
    assert np.bincount(share.labels).tolist() == [2] * 10


@pytest.mark.parametrize('wrong, message', [
    (dict(task='shoes'), "task must be one of fashion, scans, stamps, noto, twemoji, got 'shoes'"),
    (dict(split='train800'), "split must be one of train, val, trainval, test, got 'train800'"),
    (dict(seed=-1), 'seed must be a whole number of at least 0, got -1'),
    (dict(fraction=0), 'fraction must be above 0 and at most 1')])
def test_bad_arguments(wrong, message, data):
    with pytest.raises(UsageError, match=message):
        build(data, **{'task': 'fashion', 'split': 'val', **wrong})


def test_a_sweep_learns_before_its_first_run_that_data_are_missing(nowhere):
    report = check_task(select_tasks('scans')[0], root=nowhere)
    assert report.images == dict(train=800, val=200, trainval=1000, test=450) and not report.notes + report.problems
    with pytest.raises(UsageError, match='fashion: .*apt-get install dataset-fashion-mnist'):
        require_data({task.name: nowhere for task in select_tasks('real')})


def test_another_version_is_told(data, monkeypatch):
    [task] = select_tasks('stamps')
    assert check_task(task, root=data).notes[-1] == 'test has 44 images, of 135'
    told = []
    monkeypatch.setattr(dataset, 'print_log', lambda message, **_: told.append(message))
    build(data, 'stamps', 'test')
    build(data, 'stamps', 'test', fraction=0.5)
    build(data, 'scans', 'test')
    assert len(told) == 1 and told[0].startswith('test of stamps has 44 images, and 135 in the version that is known')
