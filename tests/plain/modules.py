"""Tiny modules as their users hold them: of timm, of OpenMMLab, and of one's own."""
import numpy as np
import timm
import torch
from mmengine.registry import MODELS, DefaultScope
from torch import nn

from tests.conftest import TINY
from vpt_mm.prompting.trial import import_scope

DEEP = dict(type='DeepPrompt', length=2)
TIMM = dict(img_size=32, embed_dim=32, depth=2, num_heads=2)
OPENMMLAB = dict(
    vit=dict(type='mmpretrain.VisionTransformer', arch=TINY, img_size=32, patch_size=8),
    vit_otherwise=dict(type='mmpretrain.VisionTransformer', arch=TINY, img_size=32, patch_size=8, pre_norm=True,
                       out_type='avg_featmap', norm_cfg=dict(type='LN', eps=1e-5), layer_scale_init_value=1e-5,
                       qkv_bias=False, interpolate_mode='bilinear', drop_rate=0.1, drop_path_rate=0.1),
    swin=dict(type='mmpretrain.SwinTransformer', arch=dict(embed_dims=8, depths=[1, 2], num_heads=[1, 2]), img_size=32,
              window_size=4, out_indices=(1,)),
    convnext=dict(type='mmpretrain.ConvNeXt', arch=dict(depths=[1, 1, 2, 1], channels=[8, 8, 12, 16]), use_grn=True,
                  layer_scale_init_value=0., linear_pw_conv=False),
    resnet=dict(type='mmpretrain.ResNet', depth=18, base_channels=8, stem_channels=8, deep_stem=True),
    deit3=dict(type='mmpretrain.DeiT3', arch=TINY, img_size=32, patch_size=8),
    beit=dict(type='mmseg.BEiT', img_size=32, patch_size=8, embed_dims=32, num_layers=4, num_heads=2, out_indices=[3],
              init_values=0.1))
METHODS = dict(convnext=dict(type='PixelPadPrompt', pad=2), resnet=dict(type='BiasTuning'))


class Net(nn.Module):
    """A module of one's own, with a ViT of timm's in it."""

    def __init__(self):
        super().__init__()
        self.vit = timm.create_model('vit_tiny_patch16_224', num_classes=0, **TIMM)
        self.fc = nn.Sequential(nn.Dropout(), nn.Linear(32, 3))

    def forward(self, images):
        return self.fc(self.vit.forward_features(images)[:, 0])


class ConvNet(nn.Module):
    """A module of one's own, without a block of a known class."""

    def __init__(self):
        super().__init__()
        self.body, self.fc = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 8, 3)), nn.Linear(8, 3)

    def forward(self, images):
        return self.fc(self.body(images).mean(dim=(2, 3)))


def timm_vit(classes=3, **options):
    return shaken(timm.create_model('vit_tiny_patch16_224', num_classes=classes, **{**TIMM, **options}))


def openmmlab(name):
    config = OPENMMLAB[name]
    scope = config['type'].partition('.')[0]
    import_scope(scope)
    with DefaultScope.overwrite_default_scope(scope):
        return shaken(MODELS.build(dict(config)))


def shaken(module):
    """A module in eval mode whose parameters are off their initial values."""
    for parameter in module.parameters():
        parameter.data.add_(0.1 * torch.randn_like(parameter))
    module.eval()  # returns nothing in mmpretrain
    return module


def images(batch=2, dtype=torch.float32):
    return torch.randn(batch, 3, 32, 32, dtype=dtype)


def photo(seed=0):
    return np.random.default_rng(seed).integers(0, 256, (40, 50, 3), np.uint8)


def fit(model, steps=3):
    """A loop of one's own, in which everything that learns moves."""
    optimizer = torch.optim.SGD(model.parameter_groups(), lr=0.1)
    for _ in range(steps):
        scores = model(images(4))
        labels = torch.randint(scores.shape[1], (4, *scores.shape[2:]))
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(scores, labels).backward()
        optimizer.step()
    return model.eval()
