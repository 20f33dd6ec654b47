# VPT-deep in DINOv3 ViT-B/16, with Mask2Former on ADE20K: 512x512.
_base_ = ['_base_/mask2former.py', '_base_/dinov3-b.py']

model = dict(
    data_preprocessor={{_base_.dino_unpadded_images}}, backbone={{_base_.dino_backbone}},
    test_cfg={{_base_.dino_windows}})
