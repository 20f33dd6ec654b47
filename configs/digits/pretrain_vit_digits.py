# Pretrains the small ViT by telling single digits apart: python tools/train.py configs/digits/pretrain_vit_digits.py
# vit_digits.pth is {'state_dict': ...} of iter_1200.pth: the entries under 'backbone.', without that prefix.
_base_ = ['mmpretrain::_base_/default_runtime.py', '_base_/single_digits.py']
custom_imports = dict(imports=['vpt_mm'], allow_failed_imports=False)

model = dict(
    type='ImageClassifier',
    backbone=dict(
        type='PromptedViT',
        arch=dict(embed_dims=96, num_layers=6, num_heads=3, feedforward_channels=288),
        img_size=64,
        patch_size=16,
        patch_cfg=dict(stride=8, padding=4),  # overlapping patches: a token sees a good part of a digit
        out_type='featmap'),
    neck=dict(type='GlobalAveragePooling'),  # so that every patch learns about the digit
    head=dict(
        type='LinearClsHead', num_classes=10, in_channels=96, topk=(1, ), loss=dict(type='CrossEntropyLoss')))

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=0.0015, weight_decay=0.05),
    clip_grad=dict(max_norm=1.0))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, end=100, by_epoch=False),
    dict(type='CosineAnnealingLR', begin=100, end=1200, by_epoch=False),
]
train_cfg = dict(by_epoch=False, max_iters=1200, val_interval=200)
log_processor = dict(by_epoch=False)
default_hooks = dict(
    logger=dict(interval=25),
    checkpoint=dict(by_epoch=False, interval=200, max_keep_ckpts=1, save_optimizer=False))
randomness = dict(seed=0)
