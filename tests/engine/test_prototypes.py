"""Class prototypes of a config's training set, as the tool computes them."""
import pytest
import torch
from mmengine.registry import MODELS

from tests.runs import BACKBONE, RandomImages, run_config, save_weights
from vpt_mm.engine.prototypes import prototypes_of_config
from vpt_mm.errors import UsageError


def test_they_are_the_means_of_cls(tmp_path):
    weights = save_weights(tmp_path / 'base.pth')
    config = run_config(tmp_path, weights=weights)
    before = config.pretty_text
    found = prototypes_of_config(config)
    assert config.pretty_text == before
    plain = MODELS.build(dict(**BACKBONE, tuning=dict(type='LinearProbe')))
    plain.load_state_dict(torch.load(weights, weights_only=True)['state_dict'])
    data = RandomImages()
    with torch.no_grad():
        features = plain((data.images.float() - 127) / 60)[0]
    for label in range(3):
        torch.testing.assert_close(found[label], features[data.labels == label].mean(0), atol=1e-5, rtol=0)


def test_random_weights_have_no_prototypes(tmp_path):
    with pytest.raises(UsageError, match='needs pretrained weights'):
        prototypes_of_config(run_config(tmp_path))


def test_a_segmentor_has_none(tmp_path):
    config = run_config(tmp_path)
    config.model = dict(type='EncoderDecoder', backbone=config.model.backbone, decode_head=dict(type='FCNHead'))
    with pytest.raises(UsageError, match='of the classes of a classifier, got a EncoderDecoder'):
        prototypes_of_config(config)


def test_other_backbones_have_none(tmp_path):
    config = run_config(tmp_path)
    config.model.backbone.with_cls_token = False
    with pytest.raises(UsageError, match='PromptedViT without a class token'):
        prototypes_of_config(config)
