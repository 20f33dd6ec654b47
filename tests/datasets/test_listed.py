"""Lists of images, tags and masks, which name what lies below their folder."""
import json

import numpy as np
import pytest

from tests import found as made
from vpt_mm.datasets import ListedImages, ListedMasks, TaggedImages
from vpt_mm.errors import UsageError


def write(path, *entries):
    path.write_text(json.dumps(dict(metainfo=dict(classes=['a', 'b']), data_list=list(entries))))
    return str(path)


def test_a_list_leads_nowhere_else(tmp_path):
    for name in ('../1.png', '/1.png', 'C:\\1.png'):
        file = write(tmp_path / 'list.json', dict(img_path=name, gt_label=0, seg_map_path='1.png'))
        for kind in (ListedImages, ListedMasks):
            with pytest.raises(UsageError, match='names images below its folder'):
                kind(file, data_root=str(tmp_path), metainfo=dict(classes=['a', 'b']))
    file = write(tmp_path / 'list.json', dict(img_path='1.png', seg_map_path='../1.png'))
    with pytest.raises(UsageError, match='names images below its folder'):
        ListedMasks(file, data_root=str(tmp_path), metainfo=dict(classes=['a', 'b']))


def test_tags_are_scores(tmp_path):
    file = write(tmp_path / 'list.json', dict(img_path='1.png', gt_label=[1]), dict(img_path='2.png', gt_label=[]))
    scores = [entry['gt_score'].tolist() for entry in TaggedImages(file, data_root=str(tmp_path)).load_data_list()]
    assert scores == [[0, 1], [0, 0]]
    file = write(tmp_path / 'list.json', dict(img_path='1.png', gt_label=[2]))
    with pytest.raises(UsageError, match=r'labels must be 0\.\.1, got \[2\]'):
        TaggedImages(file, data_root=str(tmp_path))


def test_masks_lie_elsewhere_and_hold_other_numbers(tmp_path):
    made.draw(tmp_path / 'images/1.jpg')
    made.save(np.array([[0, 7, 9], [7, 7, 0]], np.uint8), tmp_path / 'masks/1.png')
    file = write(tmp_path / 'list.json', dict(img_path='1.jpg', seg_map_path='1.png'))
    masks = ListedMasks(file, data_root=str(tmp_path / 'images'), mask_root=str(tmp_path / 'masks'),
                        numbers=[[7, 0], [0, 255]], metainfo=dict(classes=['a', 'b']),
                        pipeline=[dict(type='mmseg.LoadAnnotations')])
    assert masks[0]['gt_seg_map'].tolist() == [[255, 0, 9], [0, 0, 255]]
