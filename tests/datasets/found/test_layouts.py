"""Every layout that is known: a few files of it become a config, which reads what the files mean, and trains."""
import json
import math

import numpy as np
import pytest
from mmengine.config import Config
from mmengine.registry import DATASETS, init_default_scope
from PIL import Image

from tests import exported, found
from vpt_mm.cli.main import main
from vpt_mm.engine.isolation import forget_runs

PLAIN = dict(mmpretrain=['LoadImageFromFile', 'PackInputs'],
             mmseg=['LoadImageFromFile', 'LoadAnnotations', 'PackSegInputs'])
ONCE = ['train_cfg.val_interval=2', 'default_hooks.checkpoint.interval=2', 'default_hooks.logger.interval=1',
        'train_dataloader.num_workers=0', 'val_dataloader.num_workers=0']


@pytest.fixture(scope='module', autouse=True)
def unpainted():
    """Pictures are left to tests/cli/test_data.py."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr('vpt_mm.visualise.samples.draw_samples', lambda found, path: None)
        yield


@pytest.mark.parametrize('make', [*found.LAYOUTS, *exported.LAYOUTS], ids=lambda make: make.__name__)
def test_the_config_reads_what_the_layout_says_and_trains(make, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, value in dict(BACKBONE='vit-digits', EPOCHS='2', ITERS='2').items():
        monkeypatch.setenv(name, value)
    root = tmp_path / 'mine'
    names, meant = make(root)
    before = sorted(root.rglob('*'))
    main(['data', 'mine', '--val-share', '0.4'])
    assert sorted(root.rglob('*')) == before
    assert _read(Config.fromfile('mine_vpt/mine.py'), root, names, meant) == meant.keys()
    forget_runs()
    main(['train', 'mine_vpt/mine.py', '--cfg-options', *ONCE])
    log, = (tmp_path / 'work_dirs/mine').glob('*/vis_data/scalars.json')
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    losses = [line['loss'] for line in lines if 'loss' in line]
    assert len(losses) == 2 and all(0 < loss < math.inf for loss in losses)
    scores = {name: score for name, score in lines[-1].items() if name in ('accuracy/top1', 'multi-label/mAP', 'mIoU')}
    assert len(scores) == 1 and all(0 <= score <= 100 for score in scores.values())


def _read(config, root, names, meant):
    """The images that the datasets hold, each in one, after they are compared with what is meant."""
    init_default_scope(config.default_scope)
    read = set()
    for part in ('train', 'val'):
        dataset = DATASETS.build(dict(config[f'{part}_dataloader'].dataset,
                                      pipeline=[dict(type=step) for step in PLAIN[config.default_scope]]))
        assert list(dataset.metainfo['classes']) == names and len(dataset)
        for one in dataset:
            sample = one['data_samples']
            image = sample.img_path.removeprefix(f'{root}/')
            assert image not in read
            read.add(image)
            assert np.array_equal(one['inputs'].permute(1, 2, 0).numpy()[..., ::-1], Image.open(root / image)), image
            known = _known(sample, names)
            assert np.array_equal(known, meant[image]) if 'gt_sem_seg' in sample else known == meant[image], image
    return read


def _known(sample, names):
    if 'gt_sem_seg' in sample:
        return sample.gt_sem_seg.data[0].numpy()
    if 'gt_score' in sample:
        return {name for name, score in zip(names, sample.gt_score.tolist()) if score}
    return names[int(sample.gt_label)]
