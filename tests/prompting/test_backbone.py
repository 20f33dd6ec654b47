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
                  gap_before_final_norm=False))


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
    ours = MODELS.build(dict(config, tuning=tuning, init_cfg=weights))
    ours.init_weights()
    ours.eval()
    image = torch.randn(2, 3, 64, 48)
    for one, other in zip(flat(ours(image)), flat(theirs(image)), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)


def flat(outputs):
    return [map_ for output in outputs for map_ in (output if isinstance(output, list) else [output])]


@pytest.mark.parametrize('backbone, message', [
    (dict(type='MixVisionTransformer'), 'MixVisionTransformer cannot be prompted: VisionTransformer, Swin'),
    (dict(type='vpt.NoSuch'), 'no backbone vpt.NoSuch in the scope mmseg'),
    (dict(type='PromptedViT'), 'is a PromptedViT already'),
    (dict(type='VisionTransformer', patch_norm=True), r'patch_norm=True .* only False has'),
    (dict(type='VisionTransformer', novel=1), "without a counterpart in mmpretrain's: novel"),
    (dict(type='SwinTransformer', mlp_ratio=3), r'mlp_ratio=3 .* only 4 has'),
    (dict(type='SwinTransformer', norm_cfg=dict(type='BN')), r"norm_cfg=dict\(type='LN'\), got"),
    (dict(type='ResNet', depth=50, contract_dilation=True, dilations=(1, 1, 2, 4)), 'does not contract dilations')])
def test_what_has_no_counterpart_is_refused(backbone, message):
    with pytest.raises(UsageError, match=message):
        counterpart(backbone, scope='mmseg')


def test_the_config_that_was_given_is_not_edited():
    given = dict(SMALL['vit'], frozen_stages=1)
    counterpart(given, scope='mmseg')
    assert given == dict(SMALL['vit'], frozen_stages=1)
