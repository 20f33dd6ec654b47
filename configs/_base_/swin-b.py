# Swin-B, supervised on ImageNet-21k.
_base_ = ['classifier.py']
model = dict(
    backbone=dict(
        type='PromptedSwin',
        arch='base',
        img_size={{'$SIZE:224'}},
        tuning=dict(type='DeepPrompt', length=50, dropout=0.1),
        init_cfg=dict(type='Pretrained', checkpoint='timm://swin_base_patch4_window7_224.ms_in22k')),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(in_channels=1024))
data_preprocessor = dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], to_rgb=True)
