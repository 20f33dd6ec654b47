# ViT-L/16, supervised on ImageNet-21k: 50 epochs.
_base_ = ['vit-b.py']
model = dict(
    backbone=dict(arch='large', init_cfg=dict(checkpoint='timm://vit_large_patch16_224.orig_in21k')),
    head=dict(in_channels=1024))
train_cfg = dict(max_epochs=50)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.001, end=10, by_epoch=True, convert_to_iter_based=True),
    dict(type='CosineAnnealingLR', begin=10, T_max=40, end=50, by_epoch=True, convert_to_iter_based=True),
]
