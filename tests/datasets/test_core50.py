"""CORe50: folders of sessions and objects."""
import pytest

from tests.own import write_photos
from vpt_mm.datasets import CORe50
from vpt_mm.errors import UsageError


@pytest.fixture
def root(tmp_path):
    for session in range(1, 12):
        write_photos(tmp_path / f's{session}', ('o1', 'o2', 'o10'))
    return tmp_path


def read(root, **options):
    return CORe50(data_root=str(root), pipeline=[], metainfo=dict(classes=('a', 'b')), **options)


def test_objects_are_classes_and_sessions_are_told(root):
    train, test = (read(root, split=split) for split in ('train', 'test'))
    infos = [[part.get_data_info(index) for index in range(len(part))] for part in (train, test)]
    assert [sorted({info['session'] for info in part}) for part in infos] == [[1, 2, 4, 5, 6, 8, 9, 11], [3, 7, 10]]
    assert all(info['img_path'].endswith(f"/s{info['session']}/o{info['gt_label'] + 1}/0.png")
               for part in infos for info in part)
    assert [len(part) for part in infos] == [16, 6] and len(CORe50.METAINFO['classes']) == 50
    assert len(read(root, sessions=[4])) == 2


def test_what_is_missing(root):
    with pytest.raises(UsageError, match='none in s3/o3, s3/o4, s3/o5'):
        CORe50(data_root=str(root), split='test', pipeline=[])
    with pytest.raises(UsageError, match=r'numbers 1..11, got \[0, 12\]'):
        read(root, sessions=[0, 12])
    with pytest.raises(UsageError, match='numbers 1..11, got'):
        read(root, sessions=[])
    with pytest.raises(UsageError, match="'train' or 'test', got 'val'"):
        read(root, split='val')
