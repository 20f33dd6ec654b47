"""CheckScoresHook: scores that mean nothing stop a test."""
import pytest
import torch
from mmdet.structures import DetDataSample
from mmengine.structures import InstanceData, PixelData
from mmpretrain.structures import DataSample
from mmseg.structures import SegDataSample

from tests.runs import build_runner, run_config, save_weights
from vpt_mm.engine.scores_hook import CheckScoresHook
from vpt_mm.errors import UsageError

SAMPLES = {
    'classifier': lambda scores: DataSample().set_pred_score(scores),
    'segmentor': lambda scores: SegDataSample(seg_logits=PixelData(data=scores.view(1, 1, -1))),
    'detector': lambda scores: DetDataSample(pred_instances=InstanceData(scores=scores))}


@pytest.mark.parametrize('kind', SAMPLES)
def test_samples_of_every_library(kind):
    for value in (float('nan'), float('inf')):
        sample = SAMPLES[kind](torch.tensor([0.5, value]))
        sample.set_metainfo(dict(img_path='cat.png'))
        with pytest.raises(UsageError, match=r'NaN or infinite scores for cat\.png.*bfloat16'):
            CheckScoresHook().after_test_iter(None, 0, outputs=[sample])
    CheckScoresHook().after_val_iter(None, 0, outputs=[SAMPLES[kind](torch.tensor([0.5, 0.1]))])


def test_a_test_whose_features_overflow_is_stopped(tmp_path):
    config = run_config(tmp_path / 'run', weights=save_weights(tmp_path / 'base.pth'), iters=2)
    runner = build_runner(config)
    runner.train()
    runner.model.backbone.register_forward_hook(lambda module, given, features: [features[0] * 1e38 * 1e38])
    with pytest.raises(UsageError, match='NaN or infinite scores for noise_0.png'):
        runner.test()
