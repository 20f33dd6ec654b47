"""JoinedClasses: labels one after another, pipelines of each its own."""
import pytest
from mmengine.registry import DATASETS
from mmpretrain.datasets import CustomDataset
from torch.utils.data import DataLoader, Dataset

from tests.own import write_photos
from vpt_mm.datasets import ClassStream, JoinedClasses, JoinedStream
from vpt_mm.errors import UsageError


def folders(root, classes, *, pipeline=(), each=2):
    write_photos(root, classes, each=each)
    return dict(type='ImageFolders', data_root=str(root), pipeline=list(pipeline))


@pytest.fixture
def joined(tmp_path):
    load = [dict(type='LoadImageFromFile')]
    small = [dict(type='mmpretrain.Resize', scale=(8, 8)), dict(type='mmpretrain.PackInputs')]
    return JoinedClasses([folders(tmp_path / 'a', ('cat', 'dog'), pipeline=load + small),
                          folders(tmp_path / 'b', ('cat', 'fish', 'owl'), pipeline=load)])


def test_labels_go_on_where_those_before_end(joined):
    assert joined.metainfo['classes'] == ('cat (1)', 'dog', 'cat (2)', 'fish', 'owl')
    assert joined.labels == [(0, 1), (2, 3, 4)] and len(joined) == 4 + 6
    seen = []
    for number, part in enumerate(joined.datasets):
        for index in range(len(part)):
            own, info = part.get_data_info(index), joined.get_data_info(len(seen))
            assert (info['img_path'], info['dataset']) == (own['img_path'], number)
            assert info['gt_label'] == own['gt_label'] + 2 * number
            seen.append(info['gt_label'])
    assert [*map(joined.find, (0, 3, 4, -1))] == [(0, 0), (0, 3), (1, 0), (1, 5)]
    with pytest.raises(IndexError):
        joined.find(10)


def test_each_image_goes_through_its_own_pipeline_and_nothing_is_changed_in_place(joined):
    first, last = joined[3], joined[9]
    assert first['inputs'].shape == (3, 8, 8) and first['data_samples'].gt_label.tolist() == [1]
    assert 'inputs' not in last and last['gt_label'] == 4 == joined[9]['gt_label']
    kept = joined.datasets[0][0]
    joined.datasets[0].prepare_data = lambda index: kept
    assert [joined[0]['data_samples'].gt_label.item() for _ in range(2)] == [0, 0] and kept is joined.datasets[0][0]
    only = JoinedClasses([joined.datasets[1], joined.datasets[0]])
    assert [only[6]['data_samples'].gt_label.item() for _ in range(2)] == [3, 3]
    assert [image['data_samples'].gt_label.item() for image in DataLoader(only, collate_fn=lambda one: one[0],
                                                                          sampler=[6, 7, 8])] == [3, 3, 3]


def test_a_task_for_each_dataset(joined):
    stream = JoinedStream(joined, classes=5)
    assert stream.labels == [(0, 1), (2, 3, 4)]
    assert [part.indices for part in stream.parts] == [[*range(4)], [*range(4, 10)]]
    assert [part.indices for part in stream.tests(joined)] == [part.indices for part in stream.parts]
    assert stream.describe() != ClassStream(joined, classes=5, tasks=[[0, 2], [1, 3, 4]]).describe()
    with pytest.raises(UsageError, match='5 classes in all, and the head has 6: set its num_classes=5'):
        JoinedStream(joined, classes=6)
    with pytest.raises(UsageError, match="got a ImageFolders: set type='JoinedClasses'"):
        JoinedStream(joined.datasets[0], classes=2)


class Nameless(Dataset):
    metainfo: dict = {}


def test_what_cannot_be_joined(tmp_path):
    with pytest.raises(UsageError, match='joins a list of datasets, got {}'):
        JoinedClasses({})
    with pytest.raises(UsageError, match='Nameless does not name its'):
        JoinedClasses([Nameless()])
    write_photos(tmp_path, ('a', 'b'), each=1)
    (tmp_path / 'list.txt').write_text('a/0.png 0\nb/0.png 2\n')
    with pytest.raises(UsageError, match='CustomDataset names 2 classes, and has labels of others: 2'):
        JoinedClasses([DATASETS.build(dict(type=CustomDataset, data_root=str(tmp_path), ann_file='list.txt',
                                           metainfo=dict(classes=('a', 'b')), pipeline=[]))])
