"""Weights of other libraries give the features there that they gave at home."""
import pytest
import timm
import torch
import torch.nn.functional as F
from mmpretrain.models import ConvNeXt, ResNet, SwinTransformer, VisionTransformer
from timm.models.convnext import ConvNeXt as TimmConvNeXt
from timm.models.deit import VisionTransformerDistilled
from timm.models.resnet import BasicBlock, Bottleneck
from timm.models.resnet import ResNet as TimmResNet
from timm.models.swin_transformer import SwinTransformer as TimmSwin
from timm.models.swin_transformer_v2 import SwinTransformerV2
from timm.models.vision_transformer import VisionTransformer as TimmViT

from tests.foreign import ARCH, CONVNEXT, SWIN, VIT, randomise
from vpt_mm.errors import UsageError
from vpt_mm.weights.families import family_of_backbone
from vpt_mm.weights.pretrained import check_agreement, convert
from vpt_mm.weights.timm import convert_timm


def arrive(backbone, pretrained):
    """Load as a backbone does, and leave nothing at its random value."""
    family_of_backbone(backbone).fit(backbone, pretrained.state, pretrained.facts)
    check_agreement(backbone, pretrained)
    answer = backbone.load_state_dict(pretrained.state, strict=False)
    missing = [key for key in answer.missing_keys if 'relative_position_index' not in key]
    assert not missing and not answer.unexpected_keys, answer
    backbone.eval()  # mmpretrain's returns nothing
    return backbone


def vit(**settings):
    return VisionTransformer(**{**dict(arch=ARCH, img_size=32, patch_size=8, out_type='raw'), **settings})


def tiny_vit(name, **settings):
    """timm's own entry point, shrunk: its norm epsilon, activation and options are kept."""
    shrunk = dict(VIT) if 'depth' not in settings else {**VIT, 'depth': settings.pop('depth')}
    return randomise(timm.create_model(name, **{**shrunk, **settings}))


@pytest.mark.parametrize('name, settings, twin', [
    ('vit_base_patch16_224', {}, {}),
    ('vit_base_patch16_224_miil', {}, dict(qkv_bias=False)),
    ('deit_small_patch16_224', {}, {}),
    ('deit3_base_patch16_224', {}, dict(layer_scale_init_value=1e-6)),
    ('vit_base_patch16_gap_224', {}, dict(with_cls_token=False)),
    ('vit_base_patch16_siglip_224', {}, dict(with_cls_token=False)),
    ('vit_base_patch16_clip_224', {}, dict(pre_norm=True, norm_cfg=dict(type='LN', eps=1e-5))),
    ('vit_base_patch16_clip_quickgelu_224', {}, dict(pre_norm=True, norm_cfg=dict(type='LN', eps=1e-5),
                                                     layer_cfgs=dict(act_cfg=dict(type='mmpretrain.QuickGELU')))),
    ('vit_small_patch14_dinov2', {}, dict(layer_scale_init_value=1e-5)),
    ('vit_giant_patch14_dinov2', dict(mlp_ratio=16 / 3), dict(
        layer_scale_init_value=1e-5, layer_cfgs=dict(ffn_type='swiglu_fused'))),
])
def test_vit_features_are_timms(name, settings, twin):
    model = tiny_vit(name, **settings)
    backbone = arrive(vit(**twin), convert_timm(model))
    image = torch.randn(2, 3, 32, 32)
    torch.testing.assert_close(backbone(image)[0], model.forward_features(image), atol=1e-5, rtol=0)


def test_pooled_vit_has_its_norm_after_the_pooling():
    model = tiny_vit('vit_base_patch16_224', global_pool='avg', class_token=True)
    backbone = arrive(vit(out_type='avg_featmap', final_norm=False), convert_timm(model))
    image = torch.randn(2, 3, 32, 32)
    torch.testing.assert_close(backbone(image)[0], model.forward_head(model.forward_features(image), pre_logits=True),
                               atol=1e-5, rtol=0)


@pytest.mark.parametrize('size', [(64, 64), (128, 192)])
def test_swin_features_are_timms(size):
    model = randomise(TimmSwin(**{**SWIN, 'img_size': size}))
    backbone = arrive(SwinTransformer(arch=dict(embed_dims=16, depths=[2, 2, 2], num_heads=[1, 2, 4]), img_size=size,
                                      window_size=4, out_indices=(2,)), convert_timm(model))
    image = torch.randn(2, 3, *size)
    expected = model.forward_features(image).permute(0, 3, 1, 2)
    torch.testing.assert_close(backbone(image)[0], expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize('settings, twin', [
    (dict(), dict()),
    (dict(conv_mlp=True), dict()),
    (dict(use_grn=True, ls_init_value=None), dict(use_grn=True, layer_scale_init_value=0.)),
])
def test_convnext_features_are_timms(settings, twin):
    model = randomise(TimmConvNeXt(**CONVNEXT, **settings))
    backbone = arrive(ConvNeXt(arch=dict(depths=CONVNEXT['depths'], channels=CONVNEXT['dims']), **twin),
                      convert_timm(model))
    image = torch.randn(2, 3, 64, 64)
    torch.testing.assert_close(backbone(image)[0], model.forward_head(model.forward_features(image), pre_logits=True),
                               atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize('block, depth, settings, twin', [
    (BasicBlock, 18, dict(), dict()),
    (Bottleneck, 50, dict(), dict()),
    (BasicBlock, 18, dict(stem_type='deep', stem_width=32, avg_down=True), dict(deep_stem=True, avg_down=True)),
    (Bottleneck, 50, dict(stem_type='deep', stem_width=32, avg_down=True), dict(deep_stem=True, avg_down=True)),
])
@pytest.mark.parametrize('classes', [0, 5])
def test_resnet_features_are_timms(block, depth, settings, twin, classes):
    blocks = {18: [2, 2, 2, 2], 50: [3, 4, 6, 3]}[depth]
    model = randomise(TimmResNet(block, blocks, num_classes=classes, **settings))
    backbone = arrive(ResNet(depth, **twin), convert_timm(model))
    image = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        ours, theirs = backbone.double()(image.double())[0], model.double().forward_features(image.double())
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-9)


@pytest.mark.parametrize('model, reason', [
    (lambda: TimmViT(**VIT, reg_tokens=4), 'register tokens.*reg_token, 4 of them'),
    (lambda: VisionTransformerDistilled(**VIT), 'distillation token'),
    (lambda: TimmViT(**VIT, qk_norm=True), r'no place for blocks\.0\.attn\.q_norm'),
    (lambda: SwinTransformerV2(**SWIN), 'Swin V2'),
    (lambda: TimmConvNeXt(**CONVNEXT, head_norm_first=True), 'computes with LayerNorm2d'),
    (lambda: TimmResNet(Bottleneck, [1, 1, 1, 1], block_args=dict(attn_layer='se')), 'computes with Sigmoid'),
    (lambda: TimmResNet(Bottleneck, [1, 1, 1, 1], act_layer='silu'), 'SiLU'),
    (lambda: timm.create_model('test_efficientnet'), 'has no twin here'),
    (lambda: tiny_vit('vit_base_patch16_rpn_224', class_token=True, global_pool='token'), 'ResPostBlock'),
])
def test_relatives_are_refused_with_the_reason(model, reason):
    with pytest.raises(UsageError, match=reason):
        convert_timm(randomise(model()))


@pytest.mark.parametrize('theirs, ours, reason', [
    (dict(), dict(norm_cfg=dict(type='LN', eps=1e-5)), r'eps is 1e-06 there and 1e-05.*eps=1e-06'),
    (dict(), dict(pre_norm=True), 'pre_norm is False there.*set pre_norm=False'),
    (dict(), dict(patch_size=16), 'patch_size is 8 there and 16'),
    (dict(), dict(with_cls_token=False), 'class_token is True there.*with_cls_token=True'),
    (dict(), dict(layer_scale_init_value=1e-5), 'layer_scale is False'),
    (dict(), dict(arch=dict(ARCH, num_heads=4)), 'num_heads is 3 there and 4'),
    (dict(), dict(layer_cfgs=dict(act_cfg=dict(type='ReLU'))), "activation is GELU there and ReLU"),
    (dict(), dict(arch=dict(ARCH, num_layers=2)), r'no place for layers\.2\.ln1\.weight'),
    (dict(qkv_bias=False), dict(), 'qkv_bias is False there.*set qkv_bias=False'),
    (dict(init_values=1e-5), dict(), 'layer_scale is True'),
    (dict(pre_norm=True), dict(), 'pre_norm is True there'),
])
def test_a_model_that_does_not_agree_is_refused(theirs, ours, reason):
    model = randomise(TimmViT(**VIT, **theirs))
    with pytest.raises(UsageError, match='(?s)' + reason):
        arrive(vit(**ours), convert_timm(model))


def test_another_architecture_is_refused():
    with pytest.raises(UsageError, match='weights of ConvNeXt, but the backbone is a VisionTransformer'):
        arrive(vit(), convert_timm(randomise(TimmConvNeXt(**CONVNEXT))))


def test_a_square_grid_is_resized_to_an_oblong_one_of_as_many_patches():
    model = tiny_vit('vit_base_patch16_224')
    pretrained = convert_timm(model)
    oblong = arrive(vit(img_size=(16, 64)), pretrained)
    grid = model.pos_embed[:, 1:].unflatten(1, (4, 4)).permute(0, 3, 1, 2).double()
    expected = F.interpolate(grid, (2, 8), mode='bicubic', align_corners=False).flatten(2).transpose(1, 2)
    assert torch.equal(oblong.pos_embed[:, 1:], expected.float())  # resized in float64, on every processor alike


def test_files_of_mmpretrain_keep_the_grid_that_their_config_had():
    state = vit(img_size=(16, 64)).state_dict()
    arrived = arrive(vit(img_size=(16, 64)), convert({'state_dict': dict(state)}))
    assert torch.equal(arrived.pos_embed, state['pos_embed'])
