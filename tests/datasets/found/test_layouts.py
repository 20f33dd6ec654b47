"""Every layout that is known: a few files of it become a config, whose datasets hold what the files mean."""
import functools

import numpy as np
import pytest
from mmengine.config import Config
from mmengine.registry import DATASETS, init_default_scope

from tests.found import LAYOUTS
from vpt_mm.datasets.found import look, split, write

PLAIN = dict(mmpretrain=['LoadImageFromFile', 'PackInputs'],
             mmseg=['LoadImageFromFile', 'LoadAnnotations', 'PackSegInputs'])


@pytest.fixture(scope='module', autouse=True)
def remembered():
    """Where the bases of configs lie: mmengine looks it up in the model index of a whole package each time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Config, '_get_cfg_path', staticmethod(functools.cache(Config._get_cfg_path)))
        yield


@pytest.mark.parametrize('make', LAYOUTS, ids=lambda make: make.__name__)
def test_the_config_reads_what_the_layout_says(make, tmp_path, monkeypatch):
    monkeypatch.setenv('BACKBONE', 'vit-digits')
    root = tmp_path / 'mine'
    names, meant = make(root)
    before = sorted(root.rglob('*'))
    found = look(root)
    split(found, share=0.4)
    config = Config.fromfile(write(found, tmp_path / 'out'))
    assert sorted(root.rglob('*')) == before
    init_default_scope(config.default_scope)
    read = {}
    for part in ('train', 'val'):
        dataset = DATASETS.build(config[f'{part}_dataloader'].dataset)
        assert list(dataset.metainfo['classes']) == names and len(dataset)
        plain = DATASETS.build(dict(config[f'{part}_dataloader'].dataset,
                                    pipeline=[dict(type=step) for step in PLAIN[config.default_scope]]))
        for index in range(len(dataset)):
            assert dataset[index]['inputs'].ndim == 3
            sample = plain[index]['data_samples']
            image = sample.img_path.removeprefix(f'{root}/')
            assert image not in read
            read[image] = _known(sample, names)
    assert read.keys() == meant.keys()
    for image, known in meant.items():
        assert np.array_equal(read[image], known) if isinstance(known, np.ndarray) else read[image] == known, image


def _known(sample, names):
    if 'gt_sem_seg' in sample:
        return sample.gt_sem_seg.data[0].numpy()
    if 'gt_score' in sample:
        return {name for name, score in zip(names, sample.gt_score.tolist()) if score}
    return names[int(sample.gt_label)]
