"""TaskDataset: what it reads, and what it refuses."""
from collections import Counter

import pytest
from mmengine.registry import DATASETS

from tests.benchmarks import write_task
from vpt_mm.errors import UsageError

PIPELINE = [dict(type='LoadImageFromFile'), dict(type='PackInputs')]


def build(root, task='dtd', split='train800', **changes):
    return DATASETS.build(dict(type='TaskDataset', task=task, split=split, root=str(root), _scope_='mmpretrain',
                               **changes))


def test_images_and_labels(tmp_path):
    write_task(tmp_path, 'dtd', train=6, val=2, test=3)
    dataset = build(tmp_path, pipeline=PIPELINE)
    assert len(dataset) == 6 and len(dataset.metainfo['classes']) == 47
    item = dataset[5]
    assert item['inputs'].shape == (3, 32, 32) and int(item['data_samples'].gt_label) == 1
    assert [len(build(tmp_path, split=split)) for split in ('val200', 'train800val200', 'test')] == [2, 8, 3]


def test_lists_may_start_below_the_images_folder(tmp_path):
    folder = write_task(tmp_path, 'cub', form='json')
    (folder / 'test.json').write_text((folder / 'test.json').read_text().replace('images/', ''))
    assert build(tmp_path, 'cub', 'test', pipeline=PIPELINE)[0]['inputs'].shape == (3, 32, 32)


def test_a_cached_image_is_read_once_and_its_sample_is_nobodys(tmp_path):
    folder = write_task(tmp_path, 'dtd')
    dataset, plain = build(tmp_path, pipeline=PIPELINE, cache=True), build(tmp_path, pipeline=PIPELINE)
    first = dataset[0]
    assert (first['inputs'] == plain[0]['inputs']).all()
    first['data_samples'].set_pred_label(1)
    (folder / 'images/train800/0000.png').unlink()
    assert (dataset[0]['inputs'] == first['inputs']).all()
    assert 'pred_label' not in dataset[0]['data_samples'] and dataset[0]['data_samples'].gt_label == 0


def test_a_fraction_keeps_every_class_and_grows_with_itself(tmp_path):
    write_task(tmp_path, 'dtd', train=40)
    chosen = {fraction: [item['img_path'] for item in build(tmp_path, fraction=fraction).load_data_list()]
              for fraction in (0.01, 0.3, 1)}
    labels = Counter(item['gt_label'] for item in build(tmp_path, fraction=0.3).load_data_list())
    assert labels == {0: 3, 1: 3, 2: 3, 3: 3}
    assert len(chosen[0.01]) == 4 and set(chosen[0.01]) < set(chosen[0.3]) < set(chosen[1])
    assert len(build(tmp_path, split='test', fraction=1)) == 4
    other = build(tmp_path, fraction=0.3, fraction_seed=1).load_data_list()
    assert [item['img_path'] for item in other] != chosen[0.3]


def test_what_is_refused(tmp_path):
    folder = write_task(tmp_path, 'dtd')
    (folder / 'images/test/0002.png').unlink()
    with pytest.raises(UsageError, match='1 of the 4 images that test of .* lists are missing: .*0002.png'):
        build(tmp_path, split='test')
    with pytest.raises(UsageError, match=r'fraction must be above 0 and at most 1, got 0'):
        build(tmp_path, fraction=0)
    with pytest.raises(UsageError, match='ade20k is not made of list files'):
        build(tmp_path, 'ade20k', 'training')
