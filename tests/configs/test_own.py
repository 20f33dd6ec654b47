"""The configs for one's own folders, with the backbone that they take by default."""
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS, init_default_scope
from mmpretrain import ImageClassificationInferencer
from mmseg.apis import MMSegInferencer, inference_model, init_model

from vpt_mm.errors import UsageError
from vpt_mm.models.frozen import frozen_keys
from vpt_mm.models.tuned import count_tuned
from vpt_mm.models.weightless import build_weightless

FOLDER = Path(__file__).parents[2] / 'configs' / 'own'
# A norm of the features, two convolutions with their batch norms, and the last one for three classes.
SETR_UP = 2 * 768 + (9 * 768 + 2) * 128 + (9 * 128 + 2) * 128 + 3 * 129


@pytest.mark.parametrize('name, environment, head', [
    ('classify_folder', dict(NUM_CLASSES='3'), 3 * 769), ('classify_split', dict(NUM_CLASSES='3'), 3 * 769),
    ('classify_list', dict(NUM_CLASSES='3'), 3 * 769), ('multilabel_list', dict(NUM_CLASSES='3'), 3 * 769),
    ('segment_folder', dict(CLASSES='a,b,c'), SETR_UP), ('segment_list', dict(CLASSES='a,b,c'), SETR_UP)])
def test_what_trains_on_a_vit_b(name, environment, head, monkeypatch):
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    config = Config.fromfile(FOLDER / f'{name}.py')
    counts = count_tuned(build_weightless(config.model, scope=config.get('default_scope')))
    assert counts.added == 10 * 9_216 and counts.backbone == 0
    assert counts.head == head
    assert config.model.backbone.init_cfg.checkpoint == 'timm://vit_base_patch16_224.augreg_in21k'


def test_a_split_leaves_no_image_in_both_parts(tmp_path, monkeypatch):
    from mmengine.registry import DATASETS

    from vpt_mm.datasets.digits.folders import write_folders
    write_folders(tmp_path / 'photos', images=53)
    monkeypatch.setenv('DATA_ROOT', str(tmp_path / 'photos'))
    config = Config.fromfile(FOLDER / 'classify_folder.py')
    init_default_scope('mmpretrain')
    parts = [DATASETS.build(config[f'{phase}_dataloader'].dataset) for phase in ('train', 'val')]
    files = [{part.get_data_info(index)['img_path'] for index in range(len(part))} for part in parts]
    assert not files[0] & files[1] and [len(one) for one in files] == [43, 10]


@pytest.fixture
def learned(tmp_path, monkeypatch):
    """Dumps a config as a run does; returns its path, the checkpoint of what is learned, and one of the whole model."""

    def make(name, **environment):
        for variable, value in dict(environment, BACKBONE='vit-digits').items():
            monkeypatch.setenv(variable, value)
        config = Config.fromfile(FOLDER / f'{name}.py')
        config.dump(tmp_path / f'{name}.py')
        init_default_scope(config.default_scope)
        model = MODELS.build(dict(config.model, data_preprocessor=config.get('data_preprocessor')
                                  or config.model.data_preprocessor))
        model.init_weights()
        frozen, state = set(frozen_keys(model)), model.state_dict()
        meta = dict(dataset_meta=dict(classes=('a', 'b'), palette=[[0, 0, 0], [9, 9, 9]]))
        torch.save(dict(state_dict={key: tensor for key, tensor in state.items() if key not in frozen}, meta=meta),
                   tmp_path / 'learned.pth')
        torch.save(dict(state_dict=state, meta=meta), tmp_path / 'whole.pth')
        return [str(tmp_path / file) for file in (f'{name}.py', 'learned.pth', 'whole.pth')]

    return make


def test_openmmlabs_inferencers_take_configs_and_checkpoints_as_runs_leave_them(learned):
    """mmseg's first: mmpretrain's must not mind the default scope that it leaves."""
    image = np.random.default_rng(0).integers(0, 256, (70, 90, 3), dtype=np.uint8)
    config, prompts, whole = learned('segment_folder')
    ours, theirs = (inference_model(init_model(config, file, device='cpu'), image) for file in (prompts, whole))
    assert torch.equal(ours.seg_logits.data, theirs.seg_logits.data)
    maps = MMSegInferencer(config, prompts, device='cpu')(image, return_datasamples=True)
    assert torch.equal(maps.seg_logits.data, theirs.seg_logits.data)
    config, prompts, whole = learned('classify_folder')
    ours, theirs = (ImageClassificationInferencer(config, pretrained=file, device='cpu')(image)[0]
                    for file in (prompts, whole))
    assert np.array_equal(ours['pred_scores'], theirs['pred_scores'])


def test_a_segmentor_without_its_scope_is_refused_by_its_name(learned):
    config, prompts, _ = learned('segment_folder')
    stripped = Config.fromfile(config)
    stripped.model.type = 'EncoderDecoder'
    model = init_model(stripped, prompts, device='cpu')
    with pytest.raises(UsageError, match=r"init_model of mmseg for type='EncoderDecoder'"):
        inference_model(model, np.zeros((64, 64, 3), np.uint8))
