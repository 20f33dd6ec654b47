# DINOv3 ViT-B/16 at 512x512: what a config takes of it, in names of its own.
dino_images = dict(size=(512, 512), test_cfg=dict(size_divisor=16))
# mmseg's Mask2FormerHead takes the padded size of an image for that of a window
dino_unpadded_images = dict(size=(512, 512), test_cfg=None)
dino_backbone = dict(
    model='vit_base_patch16_dinov3.lvd1689m', img_size=512,
    init_cfg=dict(type='Pretrained', checkpoint='timm://vit_base_patch16_dinov3.lvd1689m'))
dino_windows = dict(crop_size=(512, 512), stride=(341, 341))
