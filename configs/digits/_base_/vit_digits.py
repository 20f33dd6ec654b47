# The small ViT that configs/digits/pretrain_vit_digits.py makes, as a frozen backbone.
custom_imports = dict(imports=['vpt_mm'], allow_failed_imports=False)

model = dict(
    backbone=dict(
        type='PromptedViT',
        arch=dict(embed_dims=96, num_layers=6, num_heads=3, feedforward_channels=288),
        img_size=64,
        patch_size=16,
        patch_cfg=dict(stride=8, padding=4),  # overlapping patches: a token sees a good part of a digit
        out_type='featmap',
        init_cfg=dict(type='Pretrained', checkpoint='{{ fileDirname }}/../vit_digits.pth')))
