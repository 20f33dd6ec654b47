"""Files of other projects, written here in their own formats, arrive whole."""
import argparse

import numpy as np
import pytest
import timm
import torch
import torchvision
from mmengine.registry import MODELS
from mmengine.runner import CheckpointLoader
from mmpretrain.models import ConvNeXt, ResNet, SwinTransformer, VisionTransformer
from mmseg.models.backbones import VisionTransformer as MMSegViT
from safetensors.torch import save_file
from timm.models.convnext import ConvNeXt as TimmConvNeXt
from timm.models.swin_transformer import SwinTransformer as TimmSwin
from timm.models.vision_transformer import VisionTransformer as TimmViT
from torch import nn

from tests.foreign import ARCH, CONVNEXT, SWIN, VIT, randomise, to_google
from vpt_mm.errors import UsageError
from vpt_mm.models import PromptedViT
from vpt_mm.models.frozen import require_normalization, require_pretrained
from vpt_mm.weights import load_pretrained


def prompted(path, **settings):
    init_cfg = dict(type='Pretrained', checkpoint=str(path), **settings.pop('init', {}))
    backbone = PromptedViT(**{**dict(arch=dict(ARCH), img_size=32, patch_size=8, out_type='raw',
                                     tuning=dict(type='LinearProbe'), init_cfg=init_cfg), **settings})
    backbone.init_weights()
    return backbone.eval()


def check_vit(path, model, **settings):
    """A prompted ViT that loads the file has timm's features, and knows that nothing is missing."""
    backbone = prompted(path, **settings)
    require_pretrained(nn.ModuleDict(dict(backbone=backbone)))
    image = torch.randn(2, 3, 32, 32)
    torch.testing.assert_close(backbone(image)[0], model.forward_features(image), atol=1e-5, rtol=0)
    return backbone


def save(state, path, kind='pth'):
    torch.save(state, path) if kind == 'pth' else save_file(state, path)
    return path


@pytest.fixture
def model():
    return randomise(TimmViT(**VIT))


@pytest.mark.parametrize('style', ['augreg', 'big_vision'])
def test_google_npz(tmp_path, model, style):
    np.savez(tmp_path / 'vit.npz', **to_google(model, style))
    backbone = check_vit(tmp_path / 'vit.npz', model)
    assert backbone.facts['mean'] == (0.5, 0.5, 0.5)
    with pytest.raises(UsageError, match='eps is 1e-06'):
        prompted(tmp_path / 'vit.npz', norm_cfg=dict(type='LN', eps=1e-5))


def test_google_npz_of_a_hybrid_is_refused(tmp_path, model):
    np.savez(tmp_path / 'vit.npz', **to_google(model, 'augreg'), **{'conv_root/kernel': np.zeros((7, 7, 3, 8))})
    with pytest.raises(UsageError, match='no place for conv_root/kernel'):
        prompted(tmp_path / 'vit.npz')


def test_moco_v3(tmp_path, model):
    state = {f'module.base_encoder.{key}': value for key, value in model.state_dict().items() if 'head' not in key}
    state.update({f'module.momentum_encoder.{key}': value + 1 for key, value in model.state_dict().items()})
    state.update({f'module.{key}.0.weight': torch.ones(3, 3) for key in ('base_encoder.head', 'predictor')})
    path = save(dict(epoch=300, arch='vit_base', state_dict=state, optimizer={}, scaler={}), tmp_path / 'moco.pth')
    assert check_vit(path, model).facts['mean'] == (0.485, 0.456, 0.406)


@pytest.mark.parametrize('decoder', [True, False])
def test_mae(tmp_path, model, decoder):
    state = {key: value for key, value in model.state_dict().items() if not key.startswith('head')}
    if decoder:
        state.update({key: torch.ones(2, 2) for key in (
            'mask_token', 'decoder_pos_embed', 'decoder_embed.weight', 'decoder_blocks.0.attn.qkv.weight',
            'decoder_norm.weight', 'decoder_pred.bias')})
    path = save(dict(model=state, epoch=799, args=argparse.Namespace(batch_size=64)), tmp_path / 'mae.pth')
    assert check_vit(path, model).facts.get('eps') == (1e-6 if decoder else None)


@pytest.mark.parametrize('kind', ['pth', 'safetensors'])
@pytest.mark.parametrize('prefix', ['', 'module.'])
def test_timm_and_dino_state_dicts(tmp_path, model, kind, prefix):
    check_vit(save({prefix + key: value for key, value in model.state_dict().items()}, tmp_path / f'x.{kind}', kind),
              model)


@pytest.mark.parametrize('prefix', ['', 'backbone.'])
@pytest.mark.parametrize('asked', [None, 'backbone.', 'backbone'])
@pytest.mark.parametrize('nested', [True, False])
def test_mmpretrain_files_with_and_without_prefix(tmp_path, prefix, asked, nested):
    plain = VisionTransformer(arch=ARCH, img_size=32, patch_size=8, out_type='raw')
    randomise(plain)
    state = {prefix + key: value for key, value in plain.state_dict().items()}
    state['head.layers.head.weight'] = torch.ones(3, 3)
    path = save(dict(meta={}, state_dict=state) if nested else state, tmp_path / 'x.pth')
    backbone = prompted(path, init=dict(prefix=asked) if asked else {})
    image = torch.randn(2, 3, 32, 32)
    assert torch.equal(backbone(image)[0], plain(image)[0])
    assert backbone.sourced >= set(backbone.frozen_weights)


@pytest.mark.parametrize('prefix', ['', 'backbone.'])
@pytest.mark.parametrize('bias', [True, False])
def test_mmseg_vit(tmp_path, prefix, bias):
    theirs = randomise(MMSegViT(img_size=32, patch_size=8, embed_dims=24, num_layers=3, num_heads=3, mlp_ratio=4,
                                out_indices=(0, 2), norm_cfg=dict(type='LN', eps=1e-6), final_norm=True,
                                patch_bias=bias, pre_norm=True))
    state = {prefix + key: value for key, value in theirs.state_dict().items()}
    if prefix:
        state['decode_head.conv_seg.bias'] = torch.ones(3)
    path = save(dict(meta={}, state_dict=state), tmp_path / 'x.pth')
    backbone = prompted(path, out_type='featmap', out_indices=[0, 2], pre_norm=True, patch_cfg=dict(bias=bias))
    image = torch.randn(2, 3, 32, 32)
    for ours, expected in zip(backbone(image), theirs(image)):
        torch.testing.assert_close(ours, expected, atol=1e-5, rtol=0)


def load(backbone, path):
    load_pretrained(backbone, str(path))
    backbone.eval()
    return backbone


def test_original_swin(tmp_path):
    model = randomise(TimmSwin(**SWIN))
    state = {}
    for key, value in model.state_dict().items():
        if '.downsample.' in key:  # counted to the stage before, in the first release
            stage = int(key.split('.')[1])
            key = key.replace(f'layers.{stage}.', f'layers.{stage - 1}.')
        state[key.replace('head.fc.', 'head.')] = value
    state['layers.0.blocks.0.attn.relative_position_index'] = torch.zeros(16, 16, dtype=torch.long)
    state['layers.0.blocks.1.attn_mask'] = torch.zeros(16, 16, 16)
    backbone = load(SwinTransformer(arch=dict(embed_dims=16, depths=[2, 2, 2], num_heads=[1, 2, 4]), img_size=64,
                                    window_size=4, out_indices=(2,)), save(dict(model=state), tmp_path / 'swin.pth'))
    image = torch.randn(2, 3, 64, 64)
    expected = model.forward_features(image).permute(0, 3, 1, 2)
    torch.testing.assert_close(backbone(image)[0], expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize('version', [1, 2])
def test_original_convnext(tmp_path, version):
    settings = dict() if version == 1 else dict(use_grn=True, ls_init_value=None)
    model = randomise(TimmConvNeXt(**CONVNEXT, **settings))
    state = {}
    for key, value in model.state_dict().items():
        parts = key.split('.')
        if parts[0] == 'stem':
            parts = ['downsample_layers', '0', *parts[1:]]
        elif 'downsample' in parts:
            parts = ['downsample_layers', parts[1], *parts[3:]]
        elif 'grn' in parts:
            parts = ['stages', parts[1], parts[3], 'grn', dict(weight='gamma', bias='beta')[parts[-1]]]
            value = value.view(1, 1, 1, -1)
        elif parts[0] == 'stages':
            parts = ['stages', parts[1], *parts[3:]]
        key = '.'.join(parts).replace('conv_dw', 'dwconv').replace('mlp.fc', 'pwconv')
        state[key.replace('head.norm', 'norm').replace('head.fc', 'head')] = value
    twin = dict() if version == 1 else dict(use_grn=True, layer_scale_init_value=0.)
    backbone = load(ConvNeXt(arch=dict(depths=CONVNEXT['depths'], channels=CONVNEXT['dims']), **twin),
                    save(dict(model=state), tmp_path / 'convnext.pth'))
    image = torch.randn(2, 3, 64, 64)
    torch.testing.assert_close(backbone(image)[0], model.forward_head(model.forward_features(image), pre_logits=True),
                               atol=1e-5, rtol=1e-5)


def test_torchvision_resnet(tmp_path):
    model = torchvision.models.resnet18(weights=None).eval()
    path = save(model.state_dict(), tmp_path / 'resnet18.pth')
    backbone = load(ResNet(18), path)
    image = torch.randn(2, 3, 64, 64)
    pooled = backbone(image)[0].mean((2, 3))
    torch.testing.assert_close(model.fc(pooled), model(image), atol=1e-5, rtol=1e-5)
    torch.save(timm.create_model('resnet50').state_dict(), path)
    with pytest.raises(UsageError, match="style is pytorch there and caffe.*set style='pytorch'"):
        load(ResNet(50, style='caffe'), path)


@pytest.mark.parametrize('change, reason', [
    (lambda state: state.pop('layers.1.ffn.layers.1.bias'), 'layers.1.ffn.layers.1.bias'),
    (lambda state: state.pop('cls_token'), 'lacks cls_token'),
    (lambda state: state.update({'layers.2.ln1.weihgt': state.pop('layers.2.ln1.weight')}),
     'no place for layers.2.ln1.weihgt.*lacks layers.2.ln1.weight'),
    (lambda state: state.update({'layers.0.attn.qkv.bias': torch.ones(71)}),
     r'layers.0.attn.qkv.bias is \(71,\) in the file, \(72,\) in the model'),
    (lambda state: state['ln1.bias'].fill_(float('nan')), 'finite weights.*ln1.bias'),
])
def test_one_wrong_tensor_is_named(tmp_path, change, reason):
    state = VisionTransformer(arch=ARCH, img_size=32, patch_size=8).state_dict()
    change(state)
    with pytest.raises(UsageError, match='(?s)' + reason):
        require_pretrained(nn.ModuleDict(dict(backbone=prompted(save(state, tmp_path / 'x.pth')))))


def test_another_architecture_and_no_weights_at_all_are_refused(tmp_path):
    path = save(torchvision.models.resnet18(weights=None).state_dict(), tmp_path / 'x.pth')
    with pytest.raises(UsageError, match='weights of ResNet, but the backbone is a PromptedViT'):
        prompted(path)
    with pytest.raises(UsageError, match='no tensor of PromptedViT is there: the file has scale'):
        prompted(save(dict(scale=torch.ones(3)), path))
    with pytest.raises(UsageError, match='holds no tensors by name'):
        prompted(save(dict(epoch=3), path))
    with pytest.raises(UsageError, match='shapes that no PromptedViT has'):
        prompted(save({'patch_embed.projection.weight': torch.tensor(1.)}, path))
    endless = {}
    endless['model'] = endless
    with pytest.raises(UsageError, match='holds no tensors by name'):
        prompted(save(endless, path))
    with pytest.raises(UsageError, match='layers.0.ln1.weight is torch.int8 in the file, torch.float32 in the model'):
        state = VisionTransformer(arch=ARCH, img_size=32, patch_size=8).state_dict()
        prompted(save(dict(state, **{'layers.0.ln1.weight': torch.ones(24, dtype=torch.int8)}), path))


def resized(table, source, target):
    """Position embeddings by torch alone, the class token apart."""
    grid = table[0, 1:].reshape(*source, -1).permute(2, 0, 1)[None]
    grid = nn.functional.interpolate(grid, size=target, mode='bicubic', align_corners=False)[0]
    return torch.cat([table[0, :1], grid.flatten(1).T])[None]


@pytest.mark.parametrize('size', [(32, 32), (64, 64), (32, 64), (24, 40), (128, 8)])
def test_position_embeddings_follow_the_image_size(tmp_path, model, size):
    path = save(model.state_dict(), tmp_path / 'x.pth')
    backbone = prompted(path, img_size=size)
    target = size[0] // 8, size[1] // 8
    expected = resized(model.pos_embed, (4, 4), target)  # 16x1 patches are as many as 4x4, and others
    torch.testing.assert_close(backbone.pos_embed, expected, atol=1e-6, rtol=0)


def test_position_embeddings_of_no_square(tmp_path):
    model = randomise(TimmViT(**{**VIT, 'img_size': (32, 64)}))
    path = save(model.state_dict(), tmp_path / 'x.pth')
    check = prompted(path, img_size=(32, 64))
    assert torch.equal(check.pos_embed, model.pos_embed)
    with pytest.raises(UsageError, match='32 position embeddings are not a square.*--grid HEIGHT WIDTH'):
        prompted(path, img_size=64)
    torch.save(dict(state_dict=model.state_dict(), meta=dict(pretrained=dict(facts=dict(grid=(4, 8))))), path)
    torch.testing.assert_close(prompted(path, img_size=64).pos_embed, resized(model.pos_embed, (4, 8), (8, 8)))
    torch.testing.assert_close(prompted(path, img_size=(64, 32)).pos_embed, resized(model.pos_embed, (4, 8), (8, 4)))


def test_ordinary_checkpoints_are_left_alone(tmp_path):
    """What mmengine saves comes back as it was, whatever the names in it."""
    state = {'model.blocks.0.norm1.weight': torch.ones(2), 'patch_embed.proj.weight': torch.ones(2)}
    whole = dict(meta=dict(epoch=3), state_dict=state, message_hub={}, optimizer=dict(state={}))
    found = CheckpointLoader.load_checkpoint(str(save(whole, tmp_path / 'x.pth')))
    assert list(found) == list(whole) and list(found['state_dict']) == list(state)
    found = CheckpointLoader.load_checkpoint(str(save(state, tmp_path / 'x.pth')))
    assert list(found) == list(state)


def test_input_normalisation_must_be_that_of_pretraining(tmp_path, model):
    np.savez(tmp_path / 'vit.npz', **to_google(model, 'augreg'))
    classifier = dict(type='mmpretrain.ImageClassifier', head=dict(type='mmpretrain.LinearClsHead', num_classes=3,
                      in_channels=24), backbone=dict(
                          type='PromptedViT', arch=dict(ARCH), img_size=32, patch_size=8,
                          tuning=dict(type='LinearProbe'),
                          init_cfg=dict(type='Pretrained', checkpoint=str(tmp_path / 'vit.npz'))))
    own = dict(mean=[127.5] * 3, std=[127.5] * 3)
    other = dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375])
    for settings, told in ((dict(own, to_rgb=True), None), (own, 'trained on RGB, .* images as BGR: set bgr_to_rgb'),
                           (dict(other, to_rgb=True), r'mean \[127.5, 127.5, 127.5\].*allow_other_normalization')):
        built = MODELS.build(dict(classifier, data_preprocessor=settings))
        built.init_weights()
        if told is None:
            require_normalization(built)
        else:
            with pytest.raises(UsageError, match=told):
                require_normalization(built)
