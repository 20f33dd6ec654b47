# DINOv3 ViT-B/16 at 512x512: what a config takes of it, in names of its own.
dino_images = dict(size=(512, 512), test_cfg=dict(size_divisor=16))
dino_backbone = dict(
    model='vit_base_patch16_dinov3.lvd1689m', img_size=512,
    init_cfg=dict(type='Pretrained', checkpoint='timm://vit_base_patch16_dinov3.lvd1689m'))
dino_windows = dict(crop_size=(512, 512), stride=(341, 341))
