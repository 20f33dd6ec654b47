# ResNet-50, supervised on ImageNet-1k; prompts are a frame of pixels.
_base_ = ['classifier.py']
model = dict(
    backbone=dict(
        type='PromptedResNet',
        depth=50,
        tuning=dict(type='PixelPadPrompt', pad=5, size={{'$SIZE:224'}}),
        init_cfg=dict(type='Pretrained', checkpoint='timm://resnet50.tv_in1k')),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(in_channels=2048))
data_preprocessor = dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], to_rgb=True)
