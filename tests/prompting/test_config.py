"""A config of OpenMMLab's becomes a prompted one that trains; errors leave no file."""
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS
from torch import nn

from tests.small import train_options
from vpt_mm.cli import train
from vpt_mm.cli.main import main
from vpt_mm.datasets.digits.scenes import write_scenes
from vpt_mm.errors import UsageError
from vpt_mm.models.frozen import prompted_backbones
from vpt_mm.models.tuned import count_tuned
from vpt_mm.models.weightless import build_weightless
from vpt_mm.prompting.config import prompt_config
from vpt_mm.prompting.shipped import shipped_file

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
    ('mmseg::upernet/upernet_r50_4xb4-160k_ade20k-512x512.py', dict(type='BiasTuning'), 'PromptedResNet'),
    ('mmseg::pspnet/pspnet_r50-d8_4xb2-40k_cityscapes-512x1024.py', dict(type='PixelPadPrompt', pad=5),
     'PromptedBackbone'),
    ('mmseg::bisenetv1/bisenetv1_r18-d32_4xb4-160k_cityscapes-1024x1024.py', dict(type='LoRA', rank=1),
     'PromptedBackbone')])
def test_configs_of_installed_packages(tmp_path, source, tuning, kind):
    config = Config.fromfile(prompt_config(source, tuning=tuning, out=str(tmp_path / 'out.py')))
    assert config.model.backbone.type == kind and config.model.backbone.tuning == tuning
    amp = 'amp' in source
    assert config.optim_wrapper.type == ('AmpPromptOptimWrapper' if amp else 'PromptOptimWrapper')
    assert config.default_hooks.checkpoint.type == 'PromptCheckpointHook'


@pytest.mark.parametrize('source, tuning, message', [
    ('mmseg::fcn/fcn_r50-d8_4xb4-160k_ade20k-512x512.py', DEEP,
     'DeepPrompt does not fit PromptedResNetV1c, whose blocks are of no known kind'),
    ('mmpretrain::beit/beit_beit-base-p16_8xb256-amp-coslr-300e_in1k.py', DEEP,
     r'does not run on images \(B, 3, 224, 224\) alone'),
    ('mmdet::deepsort/deepsort_faster-rcnn_r50_fpn_8xb2-4e_mot17halftrain_test-mot17halfval.py', DEEP,
     r'2 backbones, detector\.backbone, reid\.backbone: choose one'),
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
    (tmp_path / 'data.py').write_text('lr = 1\n')
    with pytest.raises(UsageError, match='the config has no model.backbone, so'):
        prompt_config(str(tmp_path / 'data.py'), tuning=DEEP)
    with pytest.raises(UsageError, match=r'bare\.py exists and is left as it is'):
        prompt_config(SEGMENTER, tuning=DEEP, out=str(tmp_path / 'bare.py'))
    with pytest.raises(UsageError, match=r'a config is a \.py file, got'):
        prompt_config(SEGMENTER, tuning=DEEP, out=str(tmp_path / 'out.json'))


def test_the_command_line(tmp_path, capsys):
    out = tmp_path / 'out.py'
    main(['prompt', SEGMENTER, '--length', '4', '--tuning-options', 'dropout=0.1', '--out', str(out)])
    *logged, last = capsys.readouterr().out.splitlines()
    config = Config.fromfile(out)
    learned = count_tuned(build_weightless(config.model, scope='mmseg')).tuned
    assert last == str(out) and f'model built without weights: {learned:,} of ' in '\n'.join(logged)
    assert config.model.backbone.tuning == dict(type='DeepPrompt', length=4, dropout=0.1)


def test_what_is_written_and_can_not_be_built_is_removed(tmp_path):
    (tmp_path / 'wrong.py').write_text("""
default_scope = 'mmpretrain'
model = dict(type='ImageClassifier', backbone=dict(type='MobileNetV2', widen_factor=0.1),
             head=dict(type='LinearClsHead', num_classes=2, in_channels=8, widht=1))
""")
    with pytest.raises(UsageError, match=r'wrong_prompted\.py was removed, since what it says cannot be built: '
                                         'TypeError: .*widht'):
        prompt_config(str(tmp_path / 'wrong.py'), tuning=dict(type='BiasTuning'))
    assert not (tmp_path / 'wrong_prompted.py').exists()


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


def test_a_shipped_config_that_mmengine_can_not_address_is_written_out_whole(tmp_path):
    source = 'mmdet::gn+ws/faster-rcnn_r50_fpn_gn-ws-all_1x_coco.py'
    config = Config.fromfile(prompt_config(source, tuning=dict(type='BiasTuning'), out=tmp_path / 'prompted.py'))
    theirs = Config.fromfile(shipped_file('mmdet', source.partition('::')[2]))
    assert config.model.roi_head == theirs.model.roi_head and config.default_scope == 'mmdet'
    assert config.model.backbone.tuning.type == 'BiasTuning'


def test_the_scope_of_a_config_that_names_none_is_its_packages(tmp_path):
    out = prompt_config('mmpretrain::dinov2/vit-small-p14_dinov2-pre_headless.py', tuning=DEEP,
                        out=str(tmp_path / 'out.py'))
    assert Config.fromfile(out).model.backbone.type == 'PromptedViT'


def test_a_dilated_resnet_is_their_own_class_with_their_own_weights(tmp_path):
    config = Config.fromfile(prompt_config('mmseg::pspnet/pspnet_r50-d8_4xb2-40k_cityscapes-512x1024.py',
                                           tuning=dict(type='BiasTuning'), out=str(tmp_path / 'out.py')))
    backbone = config.model.backbone
    assert backbone.of == 'mmseg.ResNetV1c' and backbone.contract_dilation and backbone.norm_cfg.type == 'BN'
    assert backbone.init_cfg == dict(type='Pretrained', checkpoint='open-mmlab://resnet50_v1c')
    assert config.model.pretrained is None
    assert isinstance(build_weightless(config.model, scope='mmseg').backbone, MODELS.get('mmseg.ResNetV1c'))


def test_a_backbone_inside_of_a_detector(tmp_path):
    out = tmp_path / 'out.py'
    source = 'mmdet::soft_teacher/soft-teacher_faster-rcnn_r50-caffe_fpn_180k_semi-0.01-coco.py'
    main(['prompt', source, '--tuning', 'PixelPadPrompt', '--tuning-options', 'pad=3', '--out', str(out)])
    config, theirs = Config.fromfile(out), Config.fromstring(f'_base_ = [{source!r}]', '.py')
    assert config.model.detector.backbone.tuning == dict(type='PixelPadPrompt', pad=3)
    assert config.model.detector.backbone.init_cfg.checkpoint == theirs.model.detector.backbone.init_cfg.checkpoint
    assert config.model.detector.roi_head == theirs.model.detector.roi_head
    model = build_weightless(config.model, scope='mmdet')
    assert set(prompted_backbones(model)) == {'student.backbone.', 'teacher.backbone.'}


def test_one_of_two_backbones_by_its_path(tmp_path):
    (tmp_path / 'two.py').write_text("""
default_scope = 'mmpretrain'
net = dict(backbone=dict(type='MobileNetV2', widen_factor=0.1))
model = dict(type='Two', detector=net, reid=net)
""")
    config = Config.fromfile(prompt_config(str(tmp_path / 'two.py'), tuning=dict(type='BiasTuning'),
                                           backbone='detector.backbone'))
    assert 'tuning' in config.model.detector.backbone and 'tuning' not in config.model.reid.backbone


def test_a_backbone_in_a_list(tmp_path):
    config = Config.fromfile(prompt_config('mmpretrain::arcface/resnet50-arcface_8xb32_inshop.py',
                                           tuning=dict(type='BiasTuning'), out=str(tmp_path / 'out.py')))
    backbone, neck = config.model.image_encoder
    assert backbone.type == 'PromptedResNet' and neck.type == 'GlobalAveragePooling'


def test_an_encoder_of_text_keeps_its_weights_that_lie_in_one_file_with_those_of_the_image_encoder(tmp_path):
    config = Config.fromfile(prompt_config('mmseg::san/san-vit-b16_coco-stuff164k-640x640.py',
                                           tuning=dict(type='LinearProbe'), out=str(tmp_path / 'out.py')))
    model = config.model
    file = model.text_encoder.init_cfg.checkpoint
    assert model.type == 'mmseg.MultimodalEncoderDecoder' and model.pretrained is None
    assert model.image_encoder.init_cfg == dict(type='Pretrained', checkpoint=file, prefix='image_encoder')
    assert model.text_encoder.init_cfg == model.decode_head.init_cfg == dict(type='Pretrained_Part', checkpoint=file)


def test_a_config_in_pure_python_becomes_one_of_text(tmp_path):
    """As mmseg's own: it reads another, its weights are a class, and its schedule is for all that it trains."""
    (tmp_path / 'bases').mkdir()
    (tmp_path / 'bases/model.py').write_text("""
from mmseg.models.backbones import MixVisionTransformer
from mmseg.models.decode_heads import SegformerHead
from mmseg.models.losses import CrossEntropyLoss
from mmseg.models.segmentors import EncoderDecoder
model = dict(
    type=EncoderDecoder, pretrained=None,
    backbone=dict(type=MixVisionTransformer, embed_dims=8, num_layers=[1] * 4, num_heads=[1] * 4),
    decode_head=dict(type=SegformerHead, in_channels=[8] * 4, in_index=[0, 1, 2, 3], channels=8, num_classes=19,
                     loss_decode=dict(type=CrossEntropyLoss)))
default_scope = None
""")
    (tmp_path / 'bases/lazy.py').write_text("""
from mmengine.config import read_base
with read_base():
    from .model import *
from mmengine.hooks import CheckpointHook, IterTimerHook
from mmengine.model.weight_init import PretrainedInit
from mmengine.optim.optimizer.optimizer_wrapper import OptimWrapper
from torch.optim.adamw import AdamW
model.update(backbone=dict(init_cfg=dict(type=PretrainedInit, checkpoint='mit.pth')))
optim_wrapper = dict(type=OptimWrapper, optimizer=dict(type=AdamW, lr=1e-4))
default_hooks = dict(timer=dict(type=IterTimerHook), checkpoint=dict(type=CheckpointHook, interval=7))
""")
    config = Config.fromfile(prompt_config(str(tmp_path / 'bases/lazy.py'), tuning=dict(type='LoRA', rank=1)))
    backbone = config.model.backbone
    assert backbone.of == 'mmseg.MixVisionTransformer' and config.default_scope == 'mmseg'
    assert backbone.init_cfg == dict(type='Pretrained', checkpoint='mit.pth')
    assert config.optim_wrapper.type == 'PromptOptimWrapper' and config.optim_wrapper.optimizer.type == 'AdamW'
    assert config.default_hooks.checkpoint == dict(type='PromptCheckpointHook', interval=7)


@pytest.mark.parametrize('backbone, message', [
    ("dict(type='Wordy')", r'PromptedWordy does not run on images .* alone'),
    ("dict(type='Growing')", 'PromptedGrowing changes its modules while it runs'),
    ("dict(type='NoModule')", 'of must name a class of backbones'),
    ("dict(type='mmseg.BiSeNetV2', novel=1)", "backbone mmseg.BiSeNetV2 cannot be built: TypeError: .*'novel'"),
    ("dict(type='mmpretrain.TIMMBackbone', model_name='lambda_resnet26t', features_only=True, no_such=1)",
     'backbone mmpretrain.TIMMBackbone cannot be built: TypeError'),
    ("dict(type='mmpretrain.TIMMBackbone', model_name='no_such_model')",
     'backbone mmpretrain.TIMMBackbone cannot be built: RuntimeError: Unknown model'),
    ("dict(type='mmpretrain.TIMMBackbone', model_name='inception_v3', aux_logits=True, features_only=True)",
     'backbone mmpretrain.TIMMBackbone cannot be built: AssertionError'),
    ("dict(type='mmpretrain.TIMMBackbone', model_name='vit_tiny_patch16_224')",
     r'takes no crops of 100x100: it does not pad, and its patches are 16x16\. Crop to 224x224\.'),
    ("dict(type='mmpretrain.TIMMBackbone', model_name='vit_tiny_patch16_224', dynamic_img_size=True)",
     r'takes no crops of 100x100: .* 16x16\. Crop to 96x96 or 112x112 or 224x224\.')])
def test_bad_backbones_are_refused_in_one_sentence(tmp_path, backbone, message):
    (tmp_path / 'bad.py').write_text(f"""
default_scope = 'mmpretrain'
model = dict(type='ImageClassifier', backbone={backbone}, data_preprocessor=dict(size=(100, 100)))
""")
    with pytest.raises(UsageError, match=message) as raised:
        prompt_config(str(tmp_path / 'bad.py'), tuning=dict(type='BiasTuning'))
    assert '\n' not in str(raised.value) and not (tmp_path / 'bad_prompted.py').exists()


@MODELS.register_module()
class Wordy(nn.Module):
    """Takes words beside images."""

    def __init__(self, init_cfg=None):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, images, words):
        return self.conv(images)


@MODELS.register_module()
class Two(nn.Module):
    """Has two parts with a backbone each."""

    def __init__(self, detector, reid):
        super().__init__()
        self.detector, self.reid = (nn.ModuleDict(dict(backbone=MODELS.build(one['backbone'])))
                                    for one in (detector, reid))


@MODELS.register_module()
class Growing(Wordy):
    """Makes a module at its first pass."""

    def forward(self, images):
        self.late = nn.Conv2d(3, 4, 3)
        return self.late(images)


@MODELS.register_module()
def NoModule(**given):
    """A function that builds."""
    return Wordy()
