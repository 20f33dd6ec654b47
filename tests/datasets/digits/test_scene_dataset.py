"""DigitScenesDataset reads what the command wrote."""
import numpy as np
from mmengine.registry import DATASETS, init_default_scope

from vpt_mm.datasets.digits.scenes import write_scenes


def test_it_is_found_from_another_scope_and_reads_a_folder(tmp_path):
    write_scenes(tmp_path / 'scenes', images=2, size=64)
    init_default_scope('mmseg')
    dataset = DATASETS.build(dict(
        type='DigitScenesDataset', data_root=str(tmp_path / 'scenes'),
        data_prefix=dict(img_path='images/training', seg_map_path='annotations/training'),
        pipeline=[dict(type='LoadImageFromFile'), dict(type='LoadAnnotations', reduce_zero_label=True)]))
    assert len(dataset) == 2
    assert set(np.unique(dataset[0]['gt_seg_map'])) <= {*range(11), 255}
    assert len(dataset.metainfo['classes']) == len({tuple(colour) for colour in dataset.metainfo['palette']}) == 11
