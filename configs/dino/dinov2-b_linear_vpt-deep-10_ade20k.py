# VPT-deep in DINOv2 ViT-B/14 with registers, with a linear head on ADE20K: 518x518.
_base_ = ['_base_/linear.py', '_base_/ade20k_518.py', '_base_/dinov2-b.py']

model = dict(
    data_preprocessor={{_base_.dino_images}}, backbone={{_base_.dino_backbone}}, test_cfg={{_base_.dino_windows}})
