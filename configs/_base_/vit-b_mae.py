# ViT-B/16, pretrained by MAE on ImageNet-1k (He et al. 2022).
_base_ = ['vit-b.py']
model = dict(backbone=dict(init_cfg=dict(checkpoint='timm://vit_base_patch16_224.mae')))
data_preprocessor = dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375])
