"""A config of OpenMMLab's becomes a prompted one that trains; errors leave no file."""
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS

from tests.small import train_options
from vpt_mm.cli import train
from vpt_mm.cli.main import main
from vpt_mm.datasets.digits.scenes import write_scenes
from vpt_mm.errors import UsageError
from vpt_mm.prompting.config import prompt_config

DEEP = dict(type='DeepPrompt', length=2)
SEGMENTER = 'mmseg::segmenter/segmenter_vit-b_mask_8xb1-160k_ade20k-512x512.py'
THEIR_VIT = dict(type='VisionTransformer', img_size=32, patch_size=8, embed_dims=32, num_layers=2, num_heads=4,
                 final_norm=True)


@pytest.fixture
def theirs(tmp_path):
    """A config of mmseg's own ViT with its weights, as a user without vpt_mm has one, on scenes of digits."""
    write_scenes(tmp_path / 'ade', images=4, val_images=1, size=64)
    weights = MODELS.build(dict(THEIR_VIT, type='mmseg.VisionTransformer'))
    torch.save(weights.state_dict(), tmp_path / 'vit.pth')
    (tmp_path / 'theirs.py').write_text(f"""
_base_ = ['{SEGMENTER}']
model = dict(
    data_preprocessor=dict(size=(64, 64)),
    pretrained='{tmp_path / 'vit.pth'}',
    backbone=dict(_delete_=True, **{THEIR_VIT}),
    decode_head=dict(in_channels=32, channels=32, embed_dims=32, num_heads=4),
    test_cfg=dict(crop_size=(64, 64), stride=(64, 64)))
crop = [
    dict(type='LoadImageFromFile'), dict(type='LoadAnnotations', reduce_zero_label=True), dict(type='PackSegInputs')]
train_dataloader = dict(
    batch_size=2, num_workers=0, persistent_workers=False, dataset=dict(data_root='{tmp_path / 'ade'}', pipeline=crop))
train_cfg = dict(max_iters=2, val_interval=2)
optim_wrapper = dict(clip_grad=dict(_delete_=True, max_norm=1.0), paramwise_cfg=dict(custom_keys=dict(
    pos_embed=dict(decay_mult=0.0), head=dict(lr_mult=10.0))))
custom_hooks = [dict(type='EmptyCacheHook')]
""")
    return tmp_path


def test_it_trains_on_their_weights(theirs):
    out = prompt_config(str(theirs / 'theirs.py'), tuning=DEEP, out=str(theirs / 'small.py'))
    config = Config.fromfile(out)
    assert config.model.backbone.type == 'PromptedViT' and config.model.pretrained is None
    assert config.optim_wrapper.paramwise_cfg.custom_keys == dict(head=dict(lr_mult=10.0))
    assert config.optim_wrapper.clip_grad.max_norm == 1.0
    assert [hook.type for hook in config.custom_hooks] == ['FreezeBackboneHook', 'CheckLabelsHook', 'EmptyCacheHook']
    assert config.custom_imports.imports == ['vpt_mm']
    train.run(train_options(theirs, no_validate=True, cfg_options={'log_level': 'ERROR'}))
    saved = torch.load((theirs / 'run/last_checkpoint').read_text(), weights_only=True)
    assert saved['state_dict']['backbone.tuning.tokens'].shape == (2, 2, 32)
    assert saved['meta']['vpt_mm']['base'] == {'backbone.': str(theirs / 'vit.pth')}


@pytest.mark.parametrize('source, tuning, kind', [
    ('mmpretrain::swin_transformer/swin-base_16xb64_in1k.py', DEEP, 'PromptedSwin'),
    ('mmseg::convnext/convnext-base_upernet_8xb2-amp-160k_ade20k-512x512.py', dict(type='PixelPadPrompt', pad=5),
     'PromptedConvNeXt'),
    ('mmseg::upernet/upernet_r50_4xb4-160k_ade20k-512x512.py', dict(type='BiasTuning'), 'PromptedResNet')])
def test_configs_of_installed_packages(tmp_path, source, tuning, kind):
    config = Config.fromfile(prompt_config(source, tuning=tuning, out=str(tmp_path / 'out.py')))
    assert config.model.backbone.type == kind and config.model.backbone.tuning == tuning
    amp = 'amp' in source
    assert config.optim_wrapper.type == ('AmpPromptOptimWrapper' if amp else 'PromptOptimWrapper')
    assert config.default_hooks.checkpoint.type == 'PromptCheckpointHook'


@pytest.mark.parametrize('source, tuning, message', [
    ('mmseg::segformer/segformer_mit-b0_8xb2-160k_ade20k-512x512.py', DEEP, 'MixVisionTransformer cannot be prompted'),
    ('mmseg::fcn/fcn_r50-d8_4xb4-160k_ade20k-512x512.py', DEEP, 'does not contract dilations'),
    ('mmseg::no/such.py', DEEP, 'is not among the configs of an installed package'),
    ('no/such.py', DEEP, 'no config file at no/such.py'),
    (SEGMENTER, dict(type='DeepPromt', length=2), 'Did you mean DeepPrompt'),
    ('mmpretrain::swin_transformer/swin-base_16xb64_in1k.py', dict(type='ClsTokenTuning'),
     'ClsTokenTuning does not fit PromptedSwin, which has no class token')])
def test_what_can_not_be_prompted_is_said(tmp_path, source, tuning, message):
    with pytest.raises(UsageError, match=message):
        prompt_config(source, tuning=tuning, out=str(tmp_path / 'out.py'))
    assert not (tmp_path / 'out.py').exists()


def test_a_config_without_a_backbone_and_a_file_that_exists(tmp_path):
    (tmp_path / 'bare.py').write_text('model = dict(type="Other")\n')
    with pytest.raises(UsageError, match=r'has no model\.backbone'):
        prompt_config(str(tmp_path / 'bare.py'), tuning=DEEP)
    with pytest.raises(UsageError, match=r'bare\.py exists and is left as it is'):
        prompt_config(SEGMENTER, tuning=DEEP, out=str(tmp_path / 'bare.py'))
    with pytest.raises(UsageError, match=r'a config is a \.py file, got'):
        prompt_config(SEGMENTER, tuning=DEEP, out=str(tmp_path / 'out.json'))


def test_the_command_line(tmp_path, capsys):
    out = tmp_path / 'out.py'
    main(['prompt', SEGMENTER, '--length', '4', '--tuning-options', 'dropout=0.1', '--out', str(out)])
    assert capsys.readouterr().out.strip() == str(out)
    assert Config.fromfile(out).model.backbone.tuning == dict(type='DeepPrompt', length=4, dropout=0.1)


def test_prompts_of_a_usual_length_and_other_weights_are_an_option(tmp_path):
    out = tmp_path / 'out.py'
    main(['prompt', SEGMENTER, '--checkpoint', 'other.pth', '--out', str(out)])
    backbone = Config.fromfile(out).model.backbone
    assert backbone.tuning.length == 10 and backbone.init_cfg == dict(type='Pretrained', checkpoint='other.pth')


def test_a_config_without_pretrained_weights_says_so(tmp_path, capsys):
    """Its own recipes would initialise what is frozen."""
    out = prompt_config('mmpretrain::vision_transformer/vit-base-p16_64xb64_in1k.py', tuning=DEEP,
                        out=str(tmp_path / 'out.py'))
    assert 'names no pretrained weights' in capsys.readouterr().out and 'no pretrained weights' in out.read_text()
    assert 'init_cfg' not in Config.fromfile(out).model.backbone


def test_the_scope_of_a_config_that_names_none_is_its_packages(tmp_path):
    out = prompt_config('mmpretrain::dinov2/vit-small-p14_dinov2-pre_headless.py', tuning=DEEP,
                        out=str(tmp_path / 'out.py'))
    assert Config.fromfile(out).model.backbone.type == 'PromptedViT'
