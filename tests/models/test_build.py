"""The model of a config is the runner's own."""
import pytest
import torch

from tests.runs import build_runner, run_config
from vpt_mm.models.build import build_model


@pytest.mark.parametrize('training', [False, True])
def test_it_is_the_runners(tmp_path, training):
    config = run_config(tmp_path)
    config.data_preprocessor = config.model.pop('data_preprocessor')
    text = config.pretty_text
    model, theirs = build_model(config, training=training), build_runner(config).model
    assert config.pretty_text == text
    assert [(name, type(module)) for name, module in model.named_modules()] \
        == [(name, type(module)) for name, module in theirs.named_modules()]
    assert model.data_preprocessor.mean.flatten().tolist() == [127.] * 3
    assert model.training == model.head.training == training and not model.backbone.layers[0].training


def test_it_runs_in_one_process(tmp_path):
    config = run_config(tmp_path, default_scope='mmseg')
    config.model = dict(
        type='EncoderDecoder', backbone=dict(config.model.backbone, out_type='featmap'),
        decode_head=dict(type='FCNHead', in_channels=32, channels=4, num_classes=2, norm_cfg=dict(type='SyncBN')))
    model = build_model(config, training=True)
    assert model(torch.randn(2, 3, 32, 32)).shape == (2, 2, 4, 4)
