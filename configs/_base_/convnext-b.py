# ConvNeXt-B, supervised on ImageNet-21k; prompts are a frame of pixels.
_base_ = ['classifier.py']
model = dict(
    backbone=dict(
        type='PromptedConvNeXt',
        arch='base',
        tuning=dict(type='PixelPadPrompt', pad=5, size={{'$SIZE:224'}}),
        init_cfg=dict(type='Pretrained', checkpoint='timm://convnext_base.fb_in22k')),
    head=dict(in_channels=1024))
data_preprocessor = dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], to_rgb=True)
