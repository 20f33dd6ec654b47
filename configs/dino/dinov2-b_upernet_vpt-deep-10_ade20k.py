# VPT-deep in DINOv2 ViT-B/14 with registers, with UPerNet on ADE20K: 518x518.
_base_ = ['_base_/upernet.py', '_base_/ade20k_518.py']

model = dict(
    data_preprocessor=dict(size=(518, 518), test_cfg=dict(size_divisor=14)),
    backbone=dict(
        model='vit_base_patch14_reg4_dinov2.lvd142m', img_size=518,
        init_cfg=dict(type='Pretrained', checkpoint='timm://vit_base_patch14_reg4_dinov2.lvd142m')),
    test_cfg=dict(crop_size=(518, 518), stride=(345, 345)))
