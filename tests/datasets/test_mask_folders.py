"""Images of several endings with masks of their names, as mmseg's dataset has those of one."""
import pytest
from mmengine.registry import init_default_scope
from mmseg.datasets import BaseSegDataset

from tests.own import numbers, write_scene
from vpt_mm.datasets import MaskFolders
from vpt_mm.errors import UsageError

PREFIX = dict(img_path='images/training', seg_map_path='annotations/training')


@pytest.fixture
def folder(tmp_path):
    for name in ('a', 'b', 'below/c'):
        write_scene(tmp_path, numbers(0, 1), name='x')
        for kind, ending in (('images', '.jpg'), ('annotations', '.png')):
            place = tmp_path / kind / 'training'
            (place / name).parent.mkdir(exist_ok=True)
            (place / f'x{ending}').rename(place / f'{name}{ending}')
    return tmp_path


def dataset(kind, folder, **options):
    return kind(data_root=str(folder), data_prefix=dict(PREFIX), metainfo=dict(classes=['a', 'b']), **options)


def entries(data):
    return [data.get_data_info(index) for index in range(len(data))]


def test_it_lists_what_mmseg_lists(folder):
    own = dataset(MaskFolders, folder, reduce_zero_label=True)
    assert entries(own) == entries(dataset(BaseSegDataset, folder, reduce_zero_label=True))
    assert len(own) == 3 and own.metainfo['palette'] == dataset(BaseSegDataset, folder).metainfo['palette']


@pytest.mark.parametrize('suffix, count', [('any', 3), ('.jpg', 2), ('.png', 1), (['.jpg', '.png'], 3)])
def test_endings(folder, suffix, count):
    images = folder / 'images/training'
    (images / 'b.jpg').rename(images / 'b.PNG')
    found = entries(dataset(MaskFolders, folder, img_suffix=suffix))
    assert len(found) == count
    assert all(one['seg_map_path'].endswith(('a.png', 'b.png', 'c.png')) for one in found)


def test_a_list_of_names(folder):
    (folder / 'few.txt').write_text('b\n\nbelow/c\n')
    found = entries(dataset(MaskFolders, folder, ann_file='few.txt'))
    assert [one['img_path'][-5:] for one in found] == ['b.jpg', 'c.jpg']
    (folder / 'few.txt').write_text('b.jpg\n')
    with pytest.raises(UsageError, match=r'few.txt lists images that .* does not have: b.jpg. It lists names without'):
        dataset(MaskFolders, folder, ann_file='few.txt')


def test_without_masks(folder):
    init_default_scope('mmseg')
    data = MaskFolders(data_root=str(folder), data_prefix=dict(img_path='images/training'), test_mode=True,
                       metainfo=dict(classes=['a', 'b']), pipeline=[dict(type='LoadImageFromFile')])
    assert 'seg_map_path' not in data.get_data_info(0) and data[0]['img'].shape == (6, 8, 3)
