"""Classes by folders, as mmpretrain's dataset has them, without what is hidden."""
import pytest
from mmpretrain.datasets import CustomDataset

from tests.own import write_photos
from vpt_mm.datasets import ImageFolders
from vpt_mm.errors import UsageError


def entries(dataset):
    return [(dataset.get_data_info(index)['img_path'], dataset.get_data_info(index)['gt_label'])
            for index in range(len(dataset))]


def test_it_lists_what_mmpretrain_lists(tmp_path):
    write_photos(tmp_path, ('cat', 'dog', 'Fish', 'cat/young'), each=2)
    theirs, own = (kind(data_root=str(tmp_path), pipeline=[]) for kind in (CustomDataset, ImageFolders))
    assert sorted(entries(own)) == sorted(entries(theirs)) and own.metainfo['classes'] == theirs.metainfo['classes']


def test_what_is_hidden_is_no_class_and_no_image(tmp_path):
    write_photos(tmp_path, ('cat', '.ipynb_checkpoints', 'dog', 'dog/.ipynb_checkpoints'))
    dataset = ImageFolders(data_root=str(tmp_path), pipeline=[])
    assert dataset.metainfo['classes'] == ('cat', 'dog') and len(dataset) == 2


def test_classes_in_an_order_of_ones_own(tmp_path):
    write_photos(tmp_path)
    dataset = ImageFolders(data_root=str(tmp_path), classes=['fish', 'cat', 'dog'], pipeline=[])
    assert {path.split('/')[-2]: label for path, label in entries(dataset)} == dict(fish=0, cat=1, dog=2)
    with pytest.raises(UsageError, match='not among the classes .*: fish'):
        ImageFolders(data_root=str(tmp_path), classes=['cat', 'dog'], pipeline=[])
