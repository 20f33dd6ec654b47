# VPT-deep in DINOv3 ViT-B/16, with a linear head on ADE20K: 512x512.
_base_ = ['_base_/linear.py', '_base_/ade20k_512.py', '_base_/dinov3-b.py']

model = dict(
    data_preprocessor={{_base_.dino_images}}, backbone={{_base_.dino_backbone}}, test_cfg={{_base_.dino_windows}})
