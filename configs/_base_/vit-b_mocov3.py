# ViT-B/16, pretrained by MoCo v3 on ImageNet-1k (Chen et al. 2021).
_base_ = ['vit-b.py']
model = dict(
    backbone=dict(
        init_cfg=dict(checkpoint='https://dl.fbaipublicfiles.com/moco-v3/vit-b-300ep/vit-b-300ep.pth.tar')))
data_preprocessor = dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375])
