"""The configs for one's own folders, with the backbone that they take by default."""
from pathlib import Path

import pytest
from mmengine.config import Config

from vpt_mm.models.tuned import count_tuned
from vpt_mm.models.weightless import build_weightless

FOLDER = Path(__file__).parents[2] / 'configs' / 'own'


@pytest.mark.parametrize('name, environment, head', [
    ('classify_folder', dict(NUM_CLASSES='3'), 3 * 769), ('classify_split', dict(NUM_CLASSES='3'), 3 * 769),
    # a norm of the features, two convolutions with their batch norms, and the last one
    ('segment_folder', dict(CLASSES='a,b,c'), 2 * 768 + (9 * 768 + 2) * 128 + (9 * 128 + 2) * 128 + 3 * 129)])
def test_what_trains_on_a_vit_b(name, environment, head, monkeypatch):
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    config = Config.fromfile(FOLDER / f'{name}.py')
    counts = count_tuned(build_weightless(config.model, scope=config.get('default_scope')))
    assert counts.added == 10 * 9_216 and counts.backbone == 0
    assert counts.head == head
    assert config.model.backbone.init_cfg.checkpoint == 'timm://vit_base_patch16_224.augreg_in21k'


def test_a_split_leaves_no_image_in_both_parts(tmp_path, monkeypatch):
    from mmengine.registry import DATASETS, init_default_scope

    from vpt_mm.datasets.digits.folders import write_folders
    write_folders(tmp_path / 'photos', images=53)
    monkeypatch.setenv('DATA_ROOT', str(tmp_path / 'photos'))
    config = Config.fromfile(FOLDER / 'classify_folder.py')
    init_default_scope('mmpretrain')
    parts = [DATASETS.build(config[f'{phase}_dataloader'].dataset) for phase in ('train', 'val')]
    files = [{part.get_data_info(index)['img_path'] for index in range(len(part))} for part in parts]
    assert not files[0] & files[1] and [len(one) for one in files] == [43, 10]
