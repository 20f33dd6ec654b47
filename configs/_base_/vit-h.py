# ViT-H/14, supervised on ImageNet-21k: 50 epochs.
_base_ = ['vit-l.py']
model = dict(
    backbone=dict(
        arch='huge', patch_size=14, init_cfg=dict(checkpoint='timm://vit_huge_patch14_224.orig_in21k')),
    head=dict(in_channels=1280))
