"""Prototypes of a config's training set, as the tool computes them."""
import pytest
import torch
from mmengine.registry import MODELS

from tests.runs import BACKBONE, RandomImages, build_runner, changed, run_config, save_weights
from vpt_mm.cli.main import main
from vpt_mm.engine.prototypes import prototypes_of_config, token_prototypes_of_config
from vpt_mm.errors import UsageError
from vpt_mm.tuning.prototypes import patch_tokens


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


def test_those_of_tokens_come_from_the_images_and_a_run_starts_from_them(tmp_path):
    config = run_config(tmp_path / 'run', weights=save_weights(tmp_path / 'base.pth'), iters=2)
    config.dump(tmp_path / 'config.py')
    out = tmp_path / 'tokens.pth'
    main(['prototypes', str(tmp_path / 'config.py'), str(out), '--tokens', '2', '--by', 'max', '--images', '4'])
    found = torch.load(out)['prototypes']
    plain = MODELS.build(dict(**BACKBONE, tuning=dict(type='LinearProbe')))
    plain.load_state_dict(torch.load(config.model.backbone.init_cfg.checkpoint)['state_dict'])
    tokens = patch_tokens(plain, (RandomImages().images[::2].float() - 127) / 60)
    for ours, own in zip(found, tokens, strict=True):
        torch.testing.assert_close(ours, own.reshape(2, -1, 32).amax(1), atol=1e-5, rtol=0)
    config = changed(config, model__backbone__tuning=dict(type='DeepPrompt', length=2, prototypes=str(out)))
    build_runner(config).train()
    assert torch.load(tmp_path / 'run/iter_2.pth')['state_dict']['backbone.tuning.tokens'].shape == (4, 2, 32)


def test_a_convnet_has_no_tokens(tmp_path):
    config = run_config(tmp_path)
    config.model.backbone = dict(type='PromptedResNet', depth=18, base_channels=8, stem_channels=8, norm_eval=False)
    with pytest.raises(UsageError, match='no token prototypes of PromptedResNet, a ConvNet'):
        token_prototypes_of_config(config, 2)
