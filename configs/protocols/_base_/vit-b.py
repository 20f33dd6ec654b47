# A classifier on ViT-B/16, supervised on ImageNet-21k (Jia et al. 2022, table 1).
# DATA names the config of the data, relative to this folder or absolute: data_preprocessor with num_classes,
# dataloaders and evaluators, as in mmpretrain's _base_/datasets. Without it: digits, drawn in memory.
_base_ = ['mmpretrain::_base_/default_runtime.py', '{{$DATA:digits.py}}']
custom_imports = dict(imports=['vpt_mm'], allow_failed_imports=False)

model = dict(
    type='ImageClassifier',
    backbone=dict(
        type='PromptedViT',
        arch='base',
        img_size=224,
        patch_size=16,
        init_cfg=dict(type='Pretrained', checkpoint='timm://vit_base_patch16_224.orig_in21k')),
    head=dict(
        type='LinearClsHead',
        num_classes={{_base_.data_preprocessor.num_classes}},
        in_channels=768,
        topk=(1, ),
        loss=dict(type='CrossEntropyLoss')))

# 10 epochs of warm-up in 100, cosine.
train_cfg = dict(by_epoch=True, max_epochs=100, val_interval=10)
val_cfg = dict()
test_cfg = dict()
param_scheduler = [
    dict(type='LinearLR', start_factor=0.001, end=10, by_epoch=True, convert_to_iter_based=True),
    dict(type='CosineAnnealingLR', begin=10, T_max=90, end=100, by_epoch=True, convert_to_iter_based=True),
]
default_hooks = dict(checkpoint=dict(type='PromptCheckpointHook', interval=10, max_keep_ckpts=1))
custom_hooks = [dict(type='FreezeBackboneHook'), dict(type='CheckLabelsHook')]
randomness = dict(seed=42)
