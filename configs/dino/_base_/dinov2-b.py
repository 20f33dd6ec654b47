# DINOv2 ViT-B/14 with registers at 518x518: what a config takes of it, in names of its own.
dino_images = dict(size=(518, 518), test_cfg=dict(size_divisor=14))
# mmseg's Mask2FormerHead takes the padded size of an image for that of a window
dino_unpadded_images = dict(size=(518, 518), test_cfg=None)
dino_backbone = dict(
    model='vit_base_patch14_reg4_dinov2.lvd142m', img_size=518,
    init_cfg=dict(type='Pretrained', checkpoint='timm://vit_base_patch14_reg4_dinov2.lvd142m'))
dino_windows = dict(crop_size=(518, 518), stride=(345, 345))
