"""The Prompted counterpart of each library's backbone computes what that one computes, from that one's own weights."""
import pytest
import torch
from mmengine.registry import MODELS

from vpt_mm.errors import UsageError
from vpt_mm.prompting.backbone import counterpart

SMALL = dict(
    vit=dict(type='mmseg.VisionTransformer', img_size=(32, 32), patch_size=8, embed_dims=32, num_layers=3, num_heads=4,
             mlp_ratio=2, out_indices=(0, 2), interpolate_mode='bilinear'),
    vit_of_segmenter=dict(type='mmseg.VisionTransformer', img_size=32, patch_size=8, embed_dims=32, num_layers=2,
                          num_heads=4, out_indices=-1, final_norm=True, norm_cfg=dict(type='LN', eps=1e-6),
                          patch_bias=True, attn_drop_rate=0.1, drop_path_rate=0.1),
    vit_of_dpt=dict(type='mmseg.VisionTransformer', img_size=32, patch_size=8, embed_dims=32, num_layers=2, num_heads=4,
                    output_cls_token=True),
    swin=dict(type='mmseg.SwinTransformer', embed_dims=16, depths=(1, 2, 1, 1), num_heads=(1, 2, 4, 8), window_size=4,
              norm_cfg=dict(type='LN', requires_grad=True)),
    resnet=dict(type='mmseg.ResNetV1c', depth=18, base_channels=8, stem_channels=8, dilations=(1, 1, 1, 1),
                contract_dilation=True, out_indices=(0, 1, 2, 3), norm_cfg=dict(type='SyncBN')),
    resnet_of_mmpretrain=dict(type='mmpretrain.ResNet', depth=18, base_channels=8, stem_channels=8),
    convnext=dict(type='mmpretrain.ConvNeXt', arch=dict(depths=[1, 1], channels=[8, 16]), out_indices=(0, 1),
                  gap_before_final_norm=False),
    dilated_resnet=dict(type='mmseg.ResNetV1c', depth=18, base_channels=8, stem_channels=8, strides=(1, 2, 1, 1),
                        dilations=(1, 1, 2, 4), contract_dilation=True, multi_grid=(1, 2), norm_cfg=dict(type='BN')),
    vit_with_norm=dict(type='mmseg.VisionTransformer', img_size=32, patch_size=8, embed_dims=32, num_layers=2,
                       num_heads=4, patch_norm=True, norm_cfg=dict(type='LN')),
    convnet_of_mmpretrain=dict(type='mmpretrain.MobileNetV2', widen_factor=0.25, out_indices=(1, 4)),
    two_paths=dict(type='mmseg.BiSeNetV2'))


HOSTED = ('dilated_resnet', 'vit_with_norm', 'convnet_of_mmpretrain', 'two_paths')


@pytest.mark.parametrize('name', SMALL)
@pytest.mark.parametrize('tuning', [None, dict(type='LinearProbe')], ids=['plain', 'tuned'])
def test_it_computes_the_same(name, tuning, tmp_path):
    theirs = MODELS.build(SMALL[name])
    theirs.eval()  # which returns None
    for parameter in theirs.parameters():
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    torch.save(dict(state_dict=theirs.state_dict()), tmp_path / 'weights.pth')
    config = counterpart(SMALL[name], scope='mmseg')
    weights = dict(type='Pretrained', checkpoint=str(tmp_path / 'weights.pth'))
    assert (config['type'] == 'PromptedBackbone') == (name in HOSTED)
    ours = MODELS.build(dict(config, tuning=tuning, init_cfg=weights))
    ours.init_weights()
    ours.eval()
    image = torch.randn(2, 3, 64, 48)
    for one, other in zip(flat(ours(image)), flat(theirs(image)), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def flat(outputs):
    return [map_ for output in outputs for map_ in (output if isinstance(output, (list, tuple)) else [output])]


@pytest.mark.parametrize('backbone, scope, of', [
    (dict(type='ResNetV1c', depth=50, contract_dilation=True, dilations=(1, 1, 2, 4)), 'mmseg', 'mmseg.ResNetV1c'),
    (dict(type='ResNet', depth=50, dcn=dict(type='DCN')), 'mmdet', 'mmdet.ResNet'),
    (dict(type='ResNet', depth=50, plugins=[dict(cfg=dict(type='ContextBlock'))]), 'mmdet', 'mmdet.ResNet'),
    (dict(type='VisionTransformer', patch_norm=True), 'mmseg', 'mmseg.VisionTransformer'),
    (dict(type='SwinTransformer', mlp_ratio=3), 'mmseg', 'mmseg.SwinTransformer'),
    (dict(type='SwinTransformer', norm_cfg=dict(type='BN')), 'mmseg', 'mmseg.SwinTransformer'),
    (dict(type='MixVisionTransformer'), 'mmseg', 'mmseg.MixVisionTransformer'),
    (dict(type='HRNet', _scope_='mmpretrain'), 'mmseg', 'mmpretrain.HRNet'),
    (dict(type='mmpretrain.HRNet'), 'mmseg', 'mmpretrain.HRNet')])
def test_what_has_no_exact_counterpart_is_prompted_as_it_is(backbone, scope, of):
    made = counterpart(backbone, scope=scope)
    assert made == dict(type='PromptedBackbone', of=of,
                        **{key: value for key, value in backbone.items() if key not in ('type', '_scope_')})


def test_a_class_in_place_of_its_name():
    from mmseg.models.backbones import MixVisionTransformer
    made = counterpart(dict(type=MixVisionTransformer, embed_dims=32), scope='mmengine')
    assert MODELS.get(made['of']) is MixVisionTransformer and made['embed_dims'] == 32


def test_frozen_norms_exchange_nothing_at_any_depth():
    inner = dict(type='ResNet', depth=18, norm_cfg=dict(type='SyncBN', requires_grad=True))
    made = counterpart(dict(type='BiSeNetV1', backbone_cfg=inner, norm_cfg=dict(type='SyncBN')), scope='mmseg')
    assert made['norm_cfg']['type'] == made['backbone_cfg']['norm_cfg']['type'] == 'BN'
    assert inner['norm_cfg']['type'] == 'SyncBN'


def test_their_own_low_rank_updates_make_room_for_the_method():
    plain = dict(type='VisionTransformer', arch='b')
    theirs = dict(type='LoRAModel', module=plain, alpha=16, rank=16, targets=[dict(type='qkv')])
    assert counterpart(theirs, scope='mmpretrain') == dict(plain, type='PromptedViT')


@pytest.mark.parametrize('backbone, message', [
    (dict(type='vpt.NoSuch'), 'no backbone vpt.NoSuch in the scope mmseg'),
    (dict(type='PromptedViT'), 'is a PromptedViT already'),
    (dict(type='PromptedBackbone', of='mmseg.HRNet'), 'is a PromptedBackbone already')])
def test_what_is_no_plain_backbone_is_refused(backbone, message):
    with pytest.raises(UsageError, match=message):
        counterpart(backbone, scope='mmseg')


def test_the_config_that_was_given_is_not_edited():
    given = dict(SMALL['vit'], frozen_stages=1)
    counterpart(given, scope='mmseg')
    assert given == dict(SMALL['vit'], frozen_stages=1)
