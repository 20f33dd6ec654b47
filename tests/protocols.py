"""Every protocol, and tiny backbones of every kind to try it on."""
import copy

import torch
from mmengine.registry import MODELS

from tests.conftest import TINY

DEEP, SHALLOW = dict(type='DeepPrompt', length=2), dict(type='ShallowPrompt', length=2)
ADAPTER, LORA, BIAS = dict(type='Adapter', reduction=2), dict(type='LoRA', rank=2), dict(type='BiasTuning')
CLS, FULL, LINEAR = dict(type='ClsTokenTuning'), dict(type='FullTuning'), dict(type='LinearProbe')
PARTIAL, SIDE = dict(type='PartialTuning', last=1), dict(type='SideTuning', width=2)
PAD = dict(type='PixelPadPrompt', pad=2)
POINTWISE = dict(LORA, targets=['pointwise_conv1', 'pointwise_conv2'])

BACKBONES = dict(
    vit=dict(type='PromptedViT', arch=TINY, img_size=32, patch_size=8),
    swin=dict(type='PromptedSwin', arch=dict(embed_dims=8, depths=[1, 2], num_heads=[1, 2]), img_size=32,
              window_size=4, out_indices=(1,), drop_path_rate=0.),
    convnext=dict(type='PromptedConvNeXt', arch=dict(depths=[1, 1, 2, 1], channels=[8, 8, 12, 16])),
    resnet=dict(type='PromptedResNet', depth=18, base_channels=4, stem_channels=4))
PROTOCOLS = dict(
    vit=dict(full=FULL, linear=LINEAR, partial=PARTIAL, bias=BIAS, cls=CLS, adapter=ADAPTER, lora=LORA, side=SIDE,
             shallow=SHALLOW, deep=DEEP, pad=PAD, deep_bias=[DEEP, BIAS], deep_cls=[DEEP, CLS],
             deep_lora=[DEEP, LORA], deep_adapter=[DEEP, ADAPTER]),
    swin=dict(full=FULL, linear=LINEAR, partial=PARTIAL, bias=BIAS, adapter=ADAPTER, lora=LORA, side=SIDE,
              shallow=SHALLOW, deep=DEEP, pad=PAD, deep_bias=[DEEP, BIAS], deep_lora=[DEEP, LORA],
              deep_adapter=[DEEP, ADAPTER]),
    convnext=dict(full=FULL, linear=LINEAR, partial=PARTIAL, bias=BIAS, adapter=ADAPTER, lora=POINTWISE, side=SIDE,
                  pad=PAD, pad_bias=[PAD, BIAS], pad_adapter=[PAD, ADAPTER]),
    resnet=dict(full=FULL, linear=LINEAR, partial=PARTIAL, bias=BIAS, side=SIDE, pad=PAD, pad_bias=[PAD, BIAS]))
PAIRS = [(backbone, protocol) for backbone, protocols in PROTOCOLS.items() for protocol in protocols]


def build(backbone, tuning, **changes):
    """A tiny float64 backbone, all of whose own parameters are off their initial values."""
    model = MODELS.build(copy.deepcopy({**BACKBONES[backbone], 'tuning': tuning, **changes})).double()
    for name, parameter in model.named_parameters():
        if not name.startswith('tuning.'):
            parameter.data.add_(0.1 * torch.randn_like(parameter))
    return model
