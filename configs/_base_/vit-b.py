# ViT-B/16, supervised on ImageNet-21k.
_base_ = ['classifier.py']
model = dict(
    backbone=dict(
        type='PromptedViT',
        arch='base',
        img_size={{'$SIZE:224'}},
        patch_size=16,
        tuning=dict(type='DeepPrompt', length=50, dropout=0.1),
        init_cfg=dict(type='Pretrained', checkpoint='timm://vit_base_patch16_224.orig_in21k')),
    head=dict(in_channels=768))
data_preprocessor = dict(mean=[127.5, 127.5, 127.5], std=[127.5, 127.5, 127.5], to_rgb=True)
