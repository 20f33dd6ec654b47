# VPT-deep in DINOv3 ViT-B/16, with SETR-PUP on ADE20K: 512x512.
_base_ = ['_base_/setr.py', '_base_/ade20k_512.py']

model = dict(
    data_preprocessor=dict(size=(512, 512), test_cfg=dict(size_divisor=16)),
    backbone=dict(
        model='vit_base_patch16_dinov3.lvd1689m', img_size=512,
        init_cfg=dict(type='Pretrained', checkpoint='timm://vit_base_patch16_dinov3.lvd1689m')),
    test_cfg=dict(crop_size=(512, 512), stride=(341, 341)))
